package io.tidegate.appliance.wiring;

import static io.tidegate.appliance.wiring.LiveParts.HOST;
import static io.tidegate.appliance.wiring.LiveParts.VOLUME_BYTES;
import static io.tidegate.appliance.wiring.LiveParts.WHO;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.catalog.ServiceException;
import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.job.JobInfo;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.LunSpec;
import io.tidegate.recovery.PromotionService.Mode;
import io.tidegate.recovery.PromotionService.Order;
import io.tidegate.recovery.QrvService;
import io.tidegate.scsi.Capacity;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.LunList;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.Status;
import io.tidegate.snapshot.MountInfo;
import io.tidegate.snapshot.SnapshotService;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host with two paths sees, without a new login, of what administrators do. */
class HostViewTest {

    private static final int FAR = 300; // told in flat space addressing
    private static final String NO_UNIT = "25/00";
    private static final String LUNS_CHANGED = "3F/0E";
    private static final String MEDIUM_CHANGED = "28/00";
    private static final int WRITE_EXCLUSIVE_REGISTRANTS = 5;

    @TempDir Path dir;
    private LiveParts parts;
    private HostPath one;
    private HostPath two;

    @BeforeEach
    void start() throws Exception {
        parts = new LiveParts(dir);
        parts.lun("db01", 0);
        one = parts.path();
        two = parts.path();
        for (HostPath path : List.of(one, two)) {
            assertThat(path.attentions(0)).containsExactly("29/00");
        }
    }

    @AfterEach
    void stop() throws Exception {
        one.close();
        two.close();
        parts.close();
    }

    private static void good(CommandResult result) {
        assertThat(result.good()).as(result.describe()).isTrue();
    }

    private static List<Long> luns(HostPath path) throws InitiatorException {
        return LunList.parse(path.good(0, "a0 00 00 00 00 00 00 00 01 00", 256));
    }

    /** What hosts remember a LUN by: designators of the unit, serial number and capacity. */
    private record Known(List<Designator> names, String serial, Capacity capacity) {
        static Known of(HostPath path, int lun) throws InitiatorException {
            List<Designator> names =
                    Designator.parsePage(path.page(lun, Designator.PAGE)).stream()
                            .filter(d -> d.association() == Designator.Association.LOGICAL_UNIT)
                            .toList();
            assertThat(names).extracting(Designator::type).contains(Designator.TYPE_NAA);
            byte[] capacity = path.good(lun, "9e 10 00000000 00000000 00000020", 32);
            return new Known(
                    names,
                    new String(path.page(lun, 0x80), StandardCharsets.US_ASCII),
                    requireNonNull(Capacity.parse16(capacity)));
        }
    }

    @Test
    void aMapAndAnUnmapAreToldOnEveryPath() throws Exception {
        LunInfo far = parts.lun("db02", FAR);
        for (HostPath path : List.of(one, two)) {
            assertThat(path.attentions(0)).containsExactly(LUNS_CHANGED);
            assertThat(path.attentions(FAR)).containsExactly("29/00", LUNS_CHANGED);
            assertThat(luns(path)).containsExactly(0L, 0x412c_0000_0000_0000L);
            assertThat(Known.of(path, FAR).names())
                    .contains(Designator.naa(far.identity().naaBytes()));
        }
        good(one.write(FAR, 7, 77));
        assertThat(two.read(FAR, 7)).isEqualTo(77);

        parts.unmap("db02");
        for (HostPath path : List.of(one, two)) {
            assertThat(path.ready(FAR)).isEqualTo(NO_UNIT);
            assertThat(HostPath.code(path.write(FAR, 7, 78))).isEqualTo(NO_UNIT);
            assertThat(path.good(FAR, "12 00 00 00 24", 36)[0]).isEqualTo((byte) 0x7f);
            // REPORT LUNS tells, and so ends the attention.
            assertThat(luns(path)).containsExactly(0L);
            assertThat(path.attentions(0)).isEmpty();
        }
    }

    @Test
    void aNumberThatRestsGoesToItsOwnUnitOnly() throws Exception {
        parts.lun("db02", FAR);
        for (HostPath path : List.of(one, two)) {
            path.attentions(FAR);
        }
        good(one.write(FAR, 0, 5));
        parts.unmap("db02");
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> parts.lun("db03", FAR))
                .matches(e -> e.why().contains("rests for another"));
        assertThat(one.ready(FAR)).isEqualTo(NO_UNIT);
        LunInfo next = parts.core.luns.map(WHO, "db03", LunSpec.to(HOST, false));
        assertThat(next.number()).isEqualTo(1);
        parts.map("db02", FAR);
        for (HostPath path : List.of(one, two)) {
            path.attentions(FAR);
            assertThat(path.read(FAR, 0)).isEqualTo(5);
        }
    }

    @Test
    void growthIsToldAndShownOnEveryPath() throws Exception {
        Known before = Known.of(one, 0);
        good(one.write(0, 1, 11));
        parts.core.volumes.resize(WHO, "db01", 2 * VOLUME_BYTES);
        int last = (int) (2 * VOLUME_BYTES / 512 - 1);
        for (HostPath path : List.of(one, two)) {
            assertThat(path.attentions(0)).containsExactly("2A/09");
            Known after = Known.of(path, 0);
            assertThat(after.capacity().blocks()).isEqualTo(2 * before.capacity().blocks());
            assertThat(after.names()).isEqualTo(before.names());
            assertThat(after.serial()).isEqualTo(before.serial());
            assertThat(path.read(0, last)).isZero();
        }
        good(two.write(0, last, 12));
        assertThat(one.read(0, last)).isEqualTo(12);
        assertThat(one.read(0, 1)).isEqualTo(11);
    }

    private void qrv() throws Exception {
        Optional<String> none = Optional.empty();
        parts.done(
                parts.core.qrvs.create(
                        WHO,
                        new QrvService.Create(
                                "db01", Optional.of("q1"), Optional.of("capacity"), none)));
    }

    @Test
    void snapshotsAndQrvsAreUnitsOfTheirOwnAndReadOnly() throws Exception {
        good(one.write(0, 0, 1));
        qrv();
        for (String name : List.of("s1", "s2")) {
            parts.core.snapshots.create(
                    WHO,
                    new SnapshotService.Create(
                            List.of("db01"), Optional.of(name), Optional.empty(), ""));
        }
        good(one.write(0, 0, 2));
        Optional<Integer> any = Optional.empty();
        Optional<String> none = Optional.empty();
        MountInfo snapshot = parts.core.snapshots.mount(WHO, "db01@s1", HOST, none, any, false);
        MountInfo point = parts.core.qrvs.mount(WHO, "q1", HOST, none, any, false);
        MountInfo clone = parts.core.snapshots.mount(WHO, "db01@s2", HOST, none, any, true);
        Set<List<Designator>> names = new HashSet<>();
        Set<String> serials = new HashSet<>();
        for (int lun : List.of(0, snapshot.lun(), point.lun(), clone.lun())) {
            one.attentions(lun);
            Known known = Known.of(one, lun);
            assertThat(names.add(known.names())).as("names of LUN %d", lun).isTrue();
            assertThat(serials.add(known.serial())).as("serial of LUN %d", lun).isTrue();
        }
        for (int lun : List.of(snapshot.lun(), point.lun())) {
            assertThat(one.read(lun, 0)).isEqualTo(1);
            assertThat(HostPath.code(one.write(lun, 0, 3))).isEqualTo("27/00");
            assertThat(one.good(lun, "1a 08 3f 00 ff", 255)[2] & 0x80).as("WP").isEqualTo(0x80);
        }
        good(one.write(clone.lun(), 0, 4));
        assertThat(one.read(0, 0)).isEqualTo(2);
    }

    private static CommandResult persistent(HostPath path, int action, long key, long actionKey)
            throws InitiatorException {
        byte[] list =
                new PersistentList(key, actionKey, null, false, true, false, 0, null).encode();
        byte[] cdb =
                ByteBuffer.allocate(10)
                        .put(0, (byte) 0x5f)
                        .put(1, (byte) action)
                        .put(2, (byte) (action == 1 ? WRITE_EXCLUSIVE_REGISTRANTS : 0))
                        .putInt(5, list.length)
                        .array();
        return path.run(0, cdb, ByteBuffer.wrap(list), 0);
    }

    /** The registered keys of LUN 0. */
    private static List<Long> keys(HostPath path) throws InitiatorException {
        ByteBuffer data = ByteBuffer.wrap(path.good(0, "5e 00 00 00 00 00 00 01 00", 256));
        data.position(8);
        return data.remaining() < 16 ? List.of() : List.of(data.getLong(), data.getLong());
    }

    @Test
    void aPlannedPromotionIsNotSeen() throws Exception {
        good(persistent(one, 6, 0, 1));
        good(persistent(two, 6, 0, 2));
        good(persistent(one, 1, 1, 0));
        good(one.write(0, 0, 1));
        qrv();
        good(two.write(0, 0, 2));
        Known before = Known.of(one, 0);
        parts.done(parts.core.promotions.promote(WHO, new Order("q1", Mode.PLANNED, false)));
        for (HostPath path : List.of(one, two)) {
            assertThat(path.attentions(0)).isEmpty();
            assertThat(Known.of(path, 0)).isEqualTo(before);
            assertThat(path.read(0, 0)).isEqualTo(2);
            assertThat(keys(path)).containsExactlyInAnyOrder(1L, 2L);
        }
        good(two.write(0, 0, 3));

        // The old primary is a unit of its own, and as it was.
        parts.map("db01-old", 9);
        assertThat(one.attentions(0)).containsExactly(LUNS_CHANGED);
        one.attentions(9);
        assertThat(Known.of(one, 9).names()).doesNotContainAnyElementsOf(before.names());
        assertThat(Known.of(one, 9).serial()).isNotEqualTo(before.serial());
        assertThat(one.read(9, 0)).isEqualTo(2);
        assertThat(HostPath.code(one.write(9, 0, 4))).isEqualTo("27/00");
        assertThat(one.read(0, 0)).isEqualTo(3);
    }

    @Test
    void anUnplannedPromotionIsToldOnEveryPathAndClearsReserveSix() throws Exception {
        good(one.write(0, 0, 1));
        qrv();
        good(one.write(0, 0, 2));
        good(one.run(0, "16", 0));
        assertThat(two.write(0, 0, 3).status()).isEqualTo(Status.RESERVATION_CONFLICT.code());
        Known before = Known.of(one, 0);
        parts.done(parts.core.promotions.promote(WHO, new Order("q1", Mode.UNPLANNED, true)));
        for (HostPath path : List.of(two, one)) {
            assertThat(path.attentions(0)).containsExactly(MEDIUM_CHANGED);
            assertThat(Known.of(path, 0)).isEqualTo(before);
            assertThat(path.read(0, 0)).isEqualTo(1);
        }
        good(two.write(0, 0, 3));
    }

    @Test
    void aHeldUnitAnswersWhatKeepsItKnownAndNothingElse() throws Exception {
        good(persistent(one, 6, 0, 1));
        good(persistent(two, 6, 0, 2));
        qrv();
        Known before = Known.of(one, 0);
        JobInfo held =
                parts.ended(
                        parts.core.promotions.promote(WHO, new Order("q1", Mode.UNPLANNED, false)));
        assertThat(held.exit()).isEqualTo(7);
        for (HostPath path : List.of(one, two)) {
            assertThat(path.ready(0)).isEqualTo(NO_UNIT);
            assertThat(HostPath.code(path.run(0, "25", 8))).isEqualTo(NO_UNIT);
            assertThat(HostPath.code(path.run(0, "28 00 00000000 00 0001", 512)))
                    .isEqualTo(NO_UNIT);
            assertThat(HostPath.code(path.write(0, 0, 9))).isEqualTo(NO_UNIT);
            assertThat(path.good(0, "12 00 00 00 24", 36)[0]).isZero();
            assertThat(Designator.parsePage(path.page(0, Designator.PAGE)))
                    .containsAll(before.names());
            assertThat(luns(path)).containsExactly(LunAddress.encode(0));
            assertThat(keys(path)).containsExactlyInAnyOrder(1L, 2L);
        }
        good(persistent(one, 3, 1, 0)); // registrations can be cleaned
        assertThat(HostPath.code(two.run(0, "5e 00 00 00 00 00 00 01 00", 256))).isEqualTo("2A/03");
        assertThat(keys(two)).isEmpty();

        // A host whose write was refused just now is not stopped.
        JobInfo refused =
                parts.ended(
                        parts.core.promotions.promote(WHO, new Order("q1", Mode.UNPLANNED, true)));
        assertThat(refused.exit()).isEqualTo(4);
        assertThat(one.ready(0)).isEqualTo(NO_UNIT);
    }
}
