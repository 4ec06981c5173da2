package io.tidegate.presentation;

import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeKind;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;

/**
 * The rows that change when a unit is pointed at another volume, for the one transaction of a
 * promotion. Afterwards the unit has all that hosts know and points at the new volume, which bears
 * the name; the old volume has another name and a unit of its own, mapped to nobody and
 * write-protected.
 */
public final class SwapRows {

    /**
     * What is swapped.
     *
     * @param unit whose pointer moves
     * @param to where it points afterwards
     * @param oldName what the present volume is called afterwards; must be free
     * @param held whether medium commands are refused until an operator confirms
     */
    public record Order(LogicalUnitId unit, VolumeId to, String oldName, boolean held) {}

    /**
     * What came of it.
     *
     * @param unit as its row is now
     * @param old unit of the old volume
     */
    public record Swapped(UnitRecord unit, UnitRecord old) {}

    private final Presentation presentation;

    public SwapRows(Presentation presentation) {
        this.presentation = presentation;
    }

    /**
     * Changes the rows; the caller adds its own and commits, then calls {@link
     * Presentation#applySwap} and {@link Presentation#refresh} of the old volume.
     *
     * @throws ServiceException the name is taken, a volume is gone or of another block size
     */
    public Swapped swap(Tx tx, Order order) throws ServiceException {
        UnitRecord unit =
                UnitRows.find(tx.handle(), order.unit())
                        .orElseThrow(
                                () -> ServiceException.notFound("lun", order.unit().toString()));
        VolumeRecord from = volume(tx, unit.volume());
        VolumeRecord to = volume(tx, order.to());
        checkShapes(from, to);
        if (VolumeRows.byName(tx.handle(), order.oldName()).isPresent()) {
            throw ServiceException.conflict(
                    "the volumes are not switched",
                    "the name " + order.oldName() + " is taken",
                    "volume rename " + order.oldName() + " OTHER");
        }
        UnitRows.ofVolume(tx.handle(), to.id()).ifPresent(own -> UnitRows.delete(tx, own.id()));
        String name = from.name();
        VolumeRows.rename(tx, from.id(), order.oldName());
        VolumeRows.rename(tx, to.id(), name);
        VolumeRows.takeOver(tx, to.id(), from, unit.shape().geometry().sizeBytes());
        VolumeRows.setReadOnly(tx, from.id(), true);
        VolumeRows.setKind(tx, from.id(), VolumeKind.VOLUME);
        UnitRows.point(tx, unit.id(), to.id(), order.held());
        UnitRecord old = presentation.insertUnit(tx, volume(tx, from.id()));
        tx.note("from", from.id().toString()).note("to", to.id().toString());
        tx.note("held", order.held()).note("oldName", order.oldName());
        UnitRecord now =
                UnitRows.find(tx.handle(), unit.id())
                        .orElseThrow(() -> new IllegalStateException("the unit is gone"));
        return new Swapped(now, old);
    }

    private static void checkShapes(VolumeRecord from, VolumeRecord to) throws ServiceException {
        int was = from.shape().geometry().logicalBlockBytes();
        int is = to.shape().geometry().logicalBlockBytes();
        if (was != is) {
            throw ServiceException.invalid(
                    "the volumes are not switched",
                    "blocks of " + is + " bytes cannot take the place of blocks of " + was,
                    "use a volume of the same block size");
        }
    }

    private static VolumeRecord volume(Tx tx, VolumeId id) throws ServiceException {
        return VolumeRows.find(tx.handle(), id)
                .orElseThrow(() -> ServiceException.notFound("volume", id.toString()));
    }
}
