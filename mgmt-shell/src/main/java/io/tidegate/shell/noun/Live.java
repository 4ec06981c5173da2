package io.tidegate.shell.noun;

import io.tidegate.job.JobInfo;
import io.tidegate.recovery.QrvInfo;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.LiveNames;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Names that exist now, for each kind of parameter. */
final class Live {

    private Live() {}

    static final class Pools extends LiveNames {
        Pools(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return all.pools().list().stream().map(p -> p.pool().name()).toList();
        }
    }

    static final class Volumes extends LiveNames {
        Volumes(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return all.volumes().list(Optional.empty(), false).stream()
                    .map(v -> v.volume().name())
                    .toList();
        }
    }

    static final class DeletedVolumes extends LiveNames {
        DeletedVolumes(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return all.volumes().list(Optional.empty(), true).stream()
                    .map(v -> v.volume().name())
                    .toList();
        }
    }

    static final class Snapshots extends LiveNames {
        Snapshots(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return all.snapshots().list(SnapshotService.Query.ALL).stream()
                    .map(SnapshotInfo::name)
                    .toList();
        }
    }

    static final class Qrvs extends LiveNames {
        Qrvs(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return all.qrvs().list(false).stream().map(QrvInfo::name).toList();
        }
    }

    /** Snapshots and QRVs: what a volume can be recovered from. */
    static final class Points extends LiveNames {
        Points(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) throws Exception {
            return Stream.concat(
                            new Snapshots(all).names(all).stream(),
                            new Qrvs(all).names(all).stream())
                    .toList();
        }
    }

    static final class ActiveJobs extends LiveNames {
        ActiveJobs(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return ids(all.jobs().list(true, 50));
        }
    }

    static final class Jobs extends LiveNames {
        Jobs(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return ids(all.jobs().list(false, 50));
        }
    }

    private static List<String> ids(List<JobInfo> jobs) {
        return jobs.stream().map(job -> job.id().toString()).toList();
    }
}
