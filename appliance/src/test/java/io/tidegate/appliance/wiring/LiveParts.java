package io.tidegate.appliance.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import io.tidegate.audit.Request;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.job.JobInfo;
import io.tidegate.presentation.HostOs;
import io.tidegate.presentation.HostSpec;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.LunSpec;
import io.tidegate.volume.VolumeSpec;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The parts of an appliance on a free loopback port, with a host {@link #HOST} and its initiator.
 */
final class LiveParts implements AutoCloseable {

    static final Request WHO = Request.system("test");
    static final String HOST = "h";
    static final String IQN = "iqn.2026-11.io.tidegate:parts";
    static final long VOLUME_BYTES = 16 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final DataMover mover = new DataMover(MoverSettings.DEFAULT);
    private final Initiator initiator = new Initiator(1);
    private final InetSocketAddress portal;
    final CoreParts core;
    final DataParts data;

    LiveParts(Path directory) throws Exception {
        Settings settings = settings(directory);
        core = new CoreParts(settings, mover, Clock.systemUTC());
        core.recover();
        FirstStart.prepare(core, settings, Optional.empty());
        data = new DataParts(settings, core, mover);
        portal = data.target.bind(List.of(settings.iscsi().resolve())).getFirst();
        core.presentation.setDefaultPortal(portal, Optional.empty());
        core.hosts.create(
                WHO, new HostSpec(HOST, List.of(IQN), false, HostOs.LINUX, Optional.empty()));
    }

    private static Settings settings(Path directory) {
        Settings d = Settings.defaults();
        long small = 256 << 20;
        return new Settings(
                directory.resolve("data"),
                AddressPort.parse("127.0.0.1:0"),
                d.iscsiAdvertise(),
                d.ssh(),
                d.http(),
                d.secretKeyFile(),
                d.companyId(),
                small,
                small,
                d.ioWorkers(),
                d.heap(),
                1 << 20,
                d.binGrace(),
                d.lunQuarantine(),
                d.loginTimeout(),
                d.maxConnections(),
                d.maxSessionsPerHost(),
                d.keepAlive());
    }

    /** A new volume of {@link #VOLUME_BYTES} as a LUN of the host. */
    LunInfo lun(String volume, int number) throws Exception {
        core.volumes.create(WHO, VolumeSpec.of(volume, "fast", VOLUME_BYTES));
        return map(volume, number);
    }

    LunInfo map(String volume, int number) throws Exception {
        return core.luns.map(
                WHO, volume, new LunSpec(HOST, Optional.empty(), Optional.of(number), false));
    }

    void unmap(String volume) throws Exception {
        core.luns.unmap(WHO, volume, HOST, Optional.empty(), false);
    }

    /** Waits for a job, which has to end well. */
    JobInfo done(JobInfo job) throws Exception {
        JobInfo ended = core.jobs.await(job.id(), LIMIT);
        assertThat(ended.exit()).as("%s", ended.failure()).isZero();
        return ended;
    }

    JobInfo ended(JobInfo job) throws Exception {
        return core.jobs.await(job.id(), LIMIT);
    }

    /** One more session of the host; it owes what every login does. */
    HostPath path() throws Exception {
        String target = core.targets.list().getFirst().name();
        return new HostPath(initiator.connect(InitiatorSettings.of(portal, IQN, target)));
    }

    @Override
    public void close() throws Exception {
        initiator.close();
        data.close();
        core.close();
        mover.close();
    }
}
