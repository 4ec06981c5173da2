package io.tidegate.target.device;

import io.tidegate.copy.manager.CopyManager;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.BlockLimits;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Provisioning;
import io.tidegate.scsi.StandardInquiry;
import io.tidegate.scsi.Vpd;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** INQUIRY data and vital product data of a LUN. */
final class VitalPages {

    private static final int DISK = 0x00;
    private static final int NONE = 0x1f;
    private static final int SPC_4 = 6;
    private static final int NOT_ROTATING = 1;
    private static final int ROTATION = 7200;
    // SAM-5, SPC-4, SBC-3 and iSCSI, no version claimed
    private static final List<Integer> STANDARDS = List.of(0x00a0, 0x0460, 0x04c0, 0x0960);

    static final List<Integer> PAGES =
            List.of(
                    Vpd.SUPPORTED,
                    Vpd.SERIAL,
                    Designator.PAGE,
                    Vpd.EXTENDED_INQUIRY,
                    Vpd.MODE_PAGE_POLICY,
                    Vpd.SCSI_PORTS,
                    Vpd.THIRD_PARTY_COPY,
                    BlockLimits.PAGE,
                    Vpd.CHARACTERISTICS,
                    Provisioning.PAGE);

    private final LunDirectory directory;
    private final ProductIdentity product;
    private final DeviceLimits limits;
    private final CopyManager copies;

    VitalPages(
            LunDirectory directory,
            ProductIdentity product,
            DeviceLimits limits,
            CopyManager copies) {
        this.directory = directory;
        this.product = product;
        this.limits = limits;
        this.copies = copies;
    }

    byte[] standard(@Nullable NexusLun lun, int number) {
        int qualifier = lun != null ? 0 : number == 0 ? 1 : 3;
        boolean removable = lun != null && lun.unit().shape().removable();
        return new StandardInquiry(
                        qualifier,
                        lun == null ? NONE : DISK,
                        removable,
                        SPC_4,
                        1,
                        lun != null,
                        true,
                        true,
                        product.vendor(),
                        product.product(),
                        product.revision(),
                        STANDARDS)
                .encode();
    }

    /** A page with its header; null when there is none of that code. */
    byte @Nullable [] page(Context c, int code) {
        UnitShape shape = c.unit().shape();
        return switch (code) {
            case Vpd.SUPPORTED -> Vpd.supported(DISK, PAGES);
            case Vpd.SERIAL -> Vpd.serial(DISK, c.unit().identity().serial());
            case Designator.PAGE -> Designator.page(DISK, designators(c));
            case Vpd.EXTENDED_INQUIRY -> Vpd.extendedInquiry(DISK);
            case Vpd.MODE_PAGE_POLICY -> Vpd.modePagePolicy(DISK);
            case Vpd.SCSI_PORTS -> Vpd.scsiPorts(DISK, portNames(c.nexus().id()));
            case Vpd.THIRD_PARTY_COPY -> copies.vpdThirdPartyCopy();
            case BlockLimits.PAGE -> limits.page(shape).encode(DISK);
            case Vpd.CHARACTERISTICS ->
                    Vpd.characteristics(
                            DISK, shape.rotational() ? ROTATION : NOT_ROTATING, shape.thin());
            case Provisioning.PAGE -> (shape.thin() ? thin(shape) : Provisioning.NONE).encode(DISK);
            default -> null;
        };
    }

    private static Provisioning thin(UnitShape shape) {
        return new Provisioning(thresholdExponent(shape), true, true, true, true, false, 2);
    }

    private static int thresholdExponent(UnitShape shape) {
        return Integer.numberOfTrailingZeros(
                DeviceLimits.THRESHOLD_SET_BYTES / shape.geometry().logicalBlockBytes());
    }

    private List<Designator> designators(Context c) {
        NexusId id = c.nexus().id();
        List<Designator> all = new ArrayList<>(unitNames(product, c.unit()));
        all.addAll(
                List.of(
                        Designator.relativePort(id.portalGroupTag()),
                        Designator.portGroup(TargetPortGroups.GROUP),
                        portName(c),
                        Designator.name(Designator.Association.TARGET_DEVICE, id.targetName())));
        return all;
    }

    /** The names of the unit itself, by which third-party copies call it too. */
    static List<Designator> unitNames(ProductIdentity product, LogicalUnit unit) {
        return List.of(
                Designator.naa(unit.identity().naaBytes()),
                Designator.t10(product.vendor(), unit.identity().serial()),
                Designator.uuid(unit.id().value()));
    }

    private SortedMap<Integer, Designator> portNames(NexusId id) {
        SortedMap<Integer, Designator> names = new TreeMap<>();
        for (int tag : TargetPortGroups.ports(directory, id)) {
            names.put(tag, Designator.name(Designator.Association.TARGET_PORT, id.targetPort(tag)));
        }
        return names;
    }

    private static Designator portName(Context c) {
        return Designator.name(Designator.Association.TARGET_PORT, c.nexus().id().targetPort());
    }
}
