package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.OperationStatus;
import io.tidegate.scsi.copy.SegmentDescriptor;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A copy manager with hosts and logical units around it, all in memory. */
final class Lab implements AutoCloseable {

    static final int PIECE = 64 << 10;

    /** A clock that stands until it is moved. */
    static final class Watch extends Clock {
        private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    /** What a unit makes of a registration. */
    interface Registrar {
        CopyReply register(long key, long newKey);
    }

    /** A host's view of one unit. */
    static final class Lun implements CopyLun {
        private final int number;
        private final LogicalUnit unit;
        volatile boolean mayRead = true;
        volatile boolean mayWrite = true;
        volatile boolean writeCache = true;
        volatile CopyReply ready = CopyReply.good();
        volatile List<Designator> names;

        volatile Registrar registrar = (key, newKey) -> CopyReply.good();

        Lun(int number, LogicalUnit unit) {
            this.number = number;
            this.unit = unit;
            this.names = List.of(Designator.naa(unit.identity().naaBytes()));
        }

        @Override
        public int number() {
            return number;
        }

        @Override
        public LogicalUnit unit() {
            return unit;
        }

        @Override
        public boolean mayRead() {
            return mayRead;
        }

        @Override
        public boolean mayWrite() {
            return mayWrite;
        }

        @Override
        public boolean writeCache() {
            return writeCache;
        }

        @Override
        public List<Designator> designators() {
            return names;
        }

        @Override
        public CopyReply testReady() {
            return ready;
        }

        @Override
        public CopyReply register(long key, long newKey) {
            return registrar.register(key, newKey);
        }
    }

    /** A host's session. */
    static final class Host implements CopyNexus {
        private final String name;
        final List<CopyLun> luns = new CopyOnWriteArrayList<>();

        Host(String name) {
            this.name = name;
        }

        Lun sees(LogicalUnit unit) {
            Lun lun = new Lun(luns.size(), unit);
            luns.add(lun);
            return lun;
        }

        @Override
        public String key() {
            return "iqn.2026-01.test:" + name + ",i,0x1";
        }

        @Override
        public String host() {
            return name;
        }

        @Override
        public Collection<CopyLun> luns() {
            return luns;
        }
    }

    final Watch clock = new Watch();
    final List<CopyAudit.Copy> audit = new CopyOnWriteArrayList<>();
    final DataMover mover = new DataMover(new MoverSettings(PIECE, 4, 4, 256 << 10, 4096));
    final CopyManager manager;
    private int units;

    Lab() {
        this(CopyLimits.DEFAULT);
    }

    Lab(CopyLimits limits) {
        manager = new CopyManager(limits, mover, audit::add, clock);
    }

    LogicalUnit unit(BlockDevice device) {
        units++;
        return new LogicalUnit(
                LogicalUnitId.random(),
                new UnitIdentity(String.format("6%031x", units), "SERIAL" + units),
                "unit" + units,
                new UnitShape(device.geometry(), 65536, true, false, false, false),
                device,
                1,
                LogicalUnit.State.OPEN);
    }

    static CscdDescriptor target(LogicalUnit unit) {
        return CscdDescriptor.of(Designator.naa(unit.identity().naaBytes()), 0);
    }

    static ExtendedCopyList list(
            int id, ListIdUsage usage, List<LogicalUnit> units, SegmentDescriptor... segments) {
        List<CscdDescriptor> targets = new ArrayList<>();
        units.forEach(unit -> targets.add(target(unit)));
        return new ExtendedCopyList(id, false, usage, 0, targets, List.of(segments));
    }

    /** As many blocks of 512 bytes from the start of the first unit to the start of the second. */
    static ExtendedCopyList plain(LogicalUnit from, LogicalUnit to, int blocks) {
        return list(
                1,
                ListIdUsage.HOLD,
                List.of(from, to),
                SegmentDescriptor.BlockToBlock.of(0, 1, blocks, 0, 0));
    }

    CopyReply copy(CopyNexus host, LogicalUnit to, ExtendedCopyList list) {
        return copy(host, to, list.format().ordinal(), list.encode());
    }

    CopyReply copy(CopyNexus host, LogicalUnit to, byte[] data) {
        return copy(host, to, 0, data);
    }

    CopyReply copy(CopyNexus host, LogicalUnit to, int action, byte[] data) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x83;
        cdb[1] = (byte) action;
        ByteBuffer.wrap(cdb).putInt(10, data.length);
        return manager.execute(host, to, cdb, ByteBuffer.wrap(data));
    }

    CopyReply receive(CopyNexus host, LogicalUnit from, int action, int listId, int allocation) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x84;
        cdb[1] = (byte) action;
        cdb[2] = (byte) listId;
        ByteBuffer.wrap(cdb).putInt(10, allocation);
        return manager.execute(host, from, cdb, ByteBuffer.allocate(0));
    }

    CopyReply abort(CopyNexus host, LogicalUnit unit, long listId) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x83;
        cdb[1] = 0x1c;
        ByteBuffer.wrap(cdb).putInt(2, (int) listId);
        return manager.execute(host, unit, cdb, ByteBuffer.allocate(0));
    }

    /** RECEIVE COPY STATUS (LID4); null when there is no such copy. */
    @Nullable OperationStatus status(CopyNexus host, LogicalUnit unit, long listId) {
        byte[] cdb = new byte[16];
        cdb[0] = (byte) 0x84;
        cdb[1] = 5;
        ByteBuffer.wrap(cdb).putInt(2, (int) listId).putInt(10, 1000);
        CopyReply reply = manager.execute(host, unit, cdb, ByteBuffer.allocate(0));
        return reply.status() == Status.GOOD
                ? Objects.requireNonNull(OperationStatus.parse(reply.dataIn()))
                : null;
    }

    @Override
    public void close() {
        manager.close();
        mover.close();
    }
}
