package io.tidegate.copy.manager;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Designator;
import java.util.List;

/** A LUN as the nexus of a copy sees it. Thread-safe; the answers are of the moment. */
public interface CopyLun {

    /** The LUN number, for the audit log and for messages. */
    int number();

    LogicalUnit unit();

    /**
     * Whether the nexus may read the unit now: it is still mapped, and no reservation of another
     * nexus forbids it. Asked again for each piece of a copy; must not block.
     */
    boolean mayRead();

    /** As {@link #mayRead}, for writing: also not write-protected, and not mapped read-only. */
    boolean mayWrite();

    /** Whether hosts may be answered before what they write is durable (WCE=1). */
    default boolean writeCache() {
        return true;
    }

    /** The names of the unit in its device identification page, by which a copy may call it. */
    default List<Designator> designators() {
        return List.of(Designator.naa(unit().identity().naaBytes()));
    }

    /**
     * What TEST UNIT READY from the nexus would be answered now; an attention that the nexus is
     * owed stays owed. Must not block.
     */
    CopyReply testReady();

    /**
     * What PERSISTENT RESERVE OUT with REGISTER from the nexus is answered: it is carried out.
     * Whether registrations outlive a loss of power stays as it is. May block.
     *
     * @param key that the nexus has registered, 0 for none
     * @param newKey 0 to unregister
     */
    CopyReply register(long key, long newKey);
}
