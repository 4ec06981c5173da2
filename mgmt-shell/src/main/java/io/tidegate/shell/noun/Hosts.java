package io.tidegate.shell.noun;

import io.tidegate.presentation.HostInfo;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.command.LiveNames;
import java.util.List;
import java.util.Optional;

/** Names of hosts, targets and mapped units. */
final class Hosts {

    private Hosts() {}

    static final class Names extends LiveNames {
        Names(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return all.hosts().list().stream().map(HostInfo::name).toList();
        }
    }

    static final class TargetNames extends LiveNames {
        TargetNames(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return all.targets().list().stream().map(TargetInfo::name).toList();
        }
    }

    static final class Mapped extends LiveNames {
        Mapped(ShellServices services) {
            super(services);
        }

        @Override
        protected List<String> names(ShellServices all) {
            return all.luns().list(Optional.empty(), Optional.empty()).stream()
                    .map(LunInfo::name)
                    .distinct()
                    .toList();
        }
    }
}
