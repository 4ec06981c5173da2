package io.tidegate.copy.manager;

import java.util.Collection;

/** The I_T nexus that a copy command came by, as far as copies need to know it. Thread-safe. */
public interface CopyNexus {

    /** Initiator name, ISID and target port as one key: the scope of list identifiers. */
    String key();

    /** Name of the host that the initiator belongs to, for the audit log. */
    String host();

    /** The LUNs that this nexus sees now. Asked once for each command. */
    Collection<CopyLun> luns();
}
