package io.tidegate.target.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.scsi.copy.CopyLimits;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A device server over memory, and a transport that runs every step at once in the caller. */
final class Bench implements AutoCloseable {

    static final int BLOCK = 512;
    static final int BLOCKS = 1 << 15;

    final FakeDirectory directory = new FakeDirectory();
    final MemoryStores stores = new MemoryStores();
    final DataMover mover = new DataMover(MoverSettings.DEFAULT);
    final CopyManager copies =
            new CopyManager(CopyLimits.DEFAULT, mover, CopyAudit.NONE, Clock.systemUTC());

    /** Whether long work is to find that its command was given up. */
    BooleanSupplier givenUp = () -> false;

    final List<NexusId> aborted = new ArrayList<>();
    final DeviceServer server = newServer();
    final MemoryDevice memory = new MemoryDevice("memory", geometry());
    final LogicalUnit unit = unit(memory, false);

    Bench() {
        directory.map(0, unit, false);
    }

    static Geometry geometry() {
        return new Geometry(BLOCK, 4096, BLOCKS);
    }

    static LogicalUnit unit(BlockDevice device, boolean removable) {
        return unit(device, new UnitShape(geometry(), 4096, true, removable, false, false));
    }

    /** A unit for all of which space is set aside. */
    static LogicalUnit thick(BlockDevice device) {
        return unit(device, new UnitShape(geometry(), 4096, false, false, false, false));
    }

    static LogicalUnit unit(BlockDevice device, UnitShape shape) {
        return new LogicalUnit(
                LogicalUnitId.random(),
                new UnitIdentity("60014050000000000000000000000001", "serial-1"),
                "unit",
                shape,
                device,
                1,
                LogicalUnit.State.OPEN);
    }

    /** Another server over the same stores, as after a restart. */
    DeviceServer newServer() {
        DeviceServer made =
                new DeviceServer(
                        directory,
                        stores.all(),
                        copies,
                        DeviceLimits.DEFAULT.withSanitizeRate(0),
                        ProductIdentity.TIDEGATE);
        made.attach(
                (u, of, except) -> {
                    if (of != null) {
                        aborted.add(of);
                    }
                    return CompletableFuture.completedStage(null);
                });
        return made;
    }

    static NexusId id(int number) {
        return new NexusId("iqn.2000-01.example:host" + number, number, FakeDirectory.TARGET, 1);
    }

    /** A nexus that has already taken the attentions of its login. */
    Nexus open(int number) {
        return settled(server, server.open(id(number)));
    }

    static Nexus settled(DeviceServer server, Nexus nexus) {
        for (NexusLun lun : nexus.luns()) {
            while (!lun.attentions().isEmpty()) {
                lun.attentions().take();
            }
        }
        return nexus;
    }

    static byte[] cdb(String hex) {
        byte[] cdb = new byte[16];
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        System.arraycopy(bytes, 0, cdb, 0, bytes.length);
        return cdb;
    }

    ScsiResult run(Nexus nexus, String cdb) {
        return run(nexus, 0, cdb(cdb), new byte[0]);
    }

    ScsiResult run(Nexus nexus, byte[] cdb) {
        return run(nexus, 0, cdb, new byte[0]);
    }

    ScsiResult run(Nexus nexus, byte[] cdb, byte[] dataOut) {
        return run(nexus, 0, cdb, dataOut);
    }

    ScsiResult run(Nexus nexus, int lun, byte[] cdb, byte[] dataOut) {
        ScsiRequest request = request(lun, cdb, dataOut.length);
        return finish(nexus, request, server.begin(nexus, request), dataOut);
    }

    static ScsiRequest request(int lun, byte[] cdb, int dataOut) {
        return new ScsiRequest(
                LunAddress.encode(lun),
                cdb,
                dataOut == 0 ? 1 << 20 : dataOut,
                dataOut == 0,
                dataOut > 0);
    }

    ScsiResult finish(Nexus nexus, ScsiRequest request, Step first, byte[] dataOut) {
        Step step = first;
        while (true) {
            switch (step) {
                case Step.Finish finish -> {
                    return finish.result();
                }
                case Step.ReadMedium read -> {
                    return read(nexus, request, read);
                }
                case Step.TakeData take -> {
                    int bytes = Math.min(take.bytes(), dataOut.length);
                    ByteBuffer data = ByteBuffer.allocateDirect(bytes).put(dataOut, 0, bytes);
                    step = take.work().run(data.flip());
                }
                case Step.Run run -> step = run.work().run();
                case Step.RunLong run -> step = run.work().run(givenUp);
                case Step.Await await -> step = await.next().toCompletableFuture().join();
                case Step.Park park -> throw new AssertionError("parked at " + park.unit());
            }
        }
    }

    private ScsiResult read(Nexus nexus, ScsiRequest request, Step.ReadMedium read) {
        ByteBuffer into = ByteBuffer.allocateDirect(read.lengthBytes());
        try {
            read.entry().device().read(read.offset(), into);
            return read.entry().current()
                    ? new ScsiResult(Status.GOOD, new byte[0], into.flip())
                    : server.aborted(nexus, request);
        } catch (DeviceException e) {
            return server.failed(nexus, e, request);
        } finally {
            read.entry().exit();
        }
    }

    static byte[] bytes(ScsiResult result) {
        assertThat(result.status()).as("%s", sense(result)).isEqualTo(Status.GOOD);
        byte[] data = new byte[result.dataIn().remaining()];
        result.dataIn().duplicate().get(data);
        return data;
    }

    static Sense sense(ScsiResult result) {
        Sense sense = Sense.parse(result.sense());
        return sense == null ? Sense.noSense() : sense;
    }

    static void assertGood(ScsiResult result) {
        assertThat(result.status()).as("%s", sense(result)).isEqualTo(Status.GOOD);
    }

    static void assertConflict(ScsiResult result) {
        assertThat(result.status()).as("%s", sense(result)).isEqualTo(Status.RESERVATION_CONFLICT);
    }

    static void assertSense(ScsiResult result, Sense expected) {
        assertThat(result.status()).isEqualTo(Status.CHECK_CONDITION);
        assertThat(sense(result).is(expected))
                .as("expected %s, got %s", expected, sense(result))
                .isTrue();
    }

    static byte[] pattern(int blocks, int seed) {
        byte[] data = new byte[blocks * BLOCK];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    @Override
    public void close() {
        server.close();
        copies.close();
        mover.close();
    }
}
