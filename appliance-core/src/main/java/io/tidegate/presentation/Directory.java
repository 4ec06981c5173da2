package io.tidegate.presentation;

import io.tidegate.presentation.HostRows.HostRow;
import io.tidegate.presentation.LunRows.LunRow;
import io.tidegate.presentation.TargetRows.TargetRow;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Who sees what, at one time: made out of rows and live units, then never changed. */
final class Directory {

    static final Directory EMPTY =
            new Directory(
                    Map.of(), Map.of(), null, new LinkedHashMap<>(), Map.of(), Optional.empty());

    /** A target and a host. */
    record Seat(String target, String host) {}

    /** The portal of the first target, which is a setting and no row. */
    record DefaultPortal(InetSocketAddress listen, Optional<InetSocketAddress> advertised) {}

    /** What a directory is made of, read as one state. */
    record Rows(
            List<HostRow> hosts,
            List<TargetRow> targets,
            List<LunRow> luns,
            Optional<DiscoveryRow> discovery) {
        static Rows read(Handle handle) {
            return new Rows(
                    HostRows.all(handle),
                    TargetRows.all(handle),
                    LunRows.all(handle),
                    DiscoveryRow.read(handle));
        }
    }

    private final Map<String, HostRow> hostsByName;
    private final Map<String, String> hostOfInitiator;
    private final @Nullable String anyHost;
    private final LinkedHashMap<String, TargetInfo> targets;
    private final Map<Seat, LunView> views;
    private final Optional<DiscoveryRow> discovery;

    private Directory(
            Map<String, HostRow> hostsByName,
            Map<String, String> hostOfInitiator,
            @Nullable String anyHost,
            LinkedHashMap<String, TargetInfo> targets,
            Map<Seat, LunView> views,
            Optional<DiscoveryRow> discovery) {
        this.hostsByName = hostsByName;
        this.hostOfInitiator = hostOfInitiator;
        this.anyHost = anyHost;
        this.targets = targets;
        this.views = views;
        this.discovery = discovery;
    }

    static Directory of(
            Rows rows, Map<LogicalUnitId, LogicalUnit> units, Optional<DefaultPortal> portal) {
        Map<String, HostRow> hosts = new HashMap<>();
        Map<String, String> initiators = new HashMap<>();
        String any = null;
        for (HostRow host : rows.hosts()) {
            hosts.put(host.name(), host);
            host.initiators().forEach(i -> initiators.put(i, host.name()));
            if (host.anyInitiator()) {
                any = host.name();
            }
        }
        LinkedHashMap<String, TargetInfo> targets = new LinkedHashMap<>();
        for (TargetRow target : rows.targets()) {
            targets.put(target.name(), info(target, portal));
        }
        return new Directory(hosts, initiators, any, targets, views(rows, units), rows.discovery());
    }

    private static TargetInfo info(TargetRow target, Optional<DefaultPortal> portal) {
        List<TargetInfo.Portal> portals = new ArrayList<>();
        if (target.first() && portal.isPresent()) {
            portals.add(new TargetInfo.Portal(portal.get().listen(), portal.get().advertised(), 1));
        }
        portals.addAll(target.portals());
        return new TargetInfo(
                target.name(), target.alias(), List.copyOf(portals), target.redirects());
    }

    private static Map<Seat, LunView> views(Rows rows, Map<LogicalUnitId, LogicalUnit> units) {
        Map<Seat, LunView> views = new HashMap<>();
        for (LunRow lun : rows.luns()) {
            LogicalUnit unit = units.get(lun.unit());
            if (unit != null) {
                views.computeIfAbsent(
                                new Seat(lun.target(), lun.host()),
                                seat -> new LunView(lun.host(), new TreeMap<>()))
                        .luns()
                        .put(lun.number(), new MappedLun(lun.number(), unit, lun.readOnly()));
            }
        }
        return views;
    }

    /** Seats whose LUNs or initiators are others than in {@code before}. */
    Set<Seat> changedFrom(Directory before) {
        Set<Seat> changed = new HashSet<>();
        Set<Seat> all = new HashSet<>(views.keySet());
        all.addAll(before.views.keySet());
        for (Seat seat : all) {
            LunView now = views.get(seat);
            if (now == null || !now.equals(before.views.get(seat))) {
                changed.add(seat);
            }
        }
        Set<String> movedHosts = new HashSet<>();
        Set<String> initiators = new HashSet<>(hostOfInitiator.keySet());
        initiators.addAll(before.hostOfInitiator.keySet());
        for (String initiator : initiators) {
            String was = before.hostOf(initiator).orElse("");
            String is = hostOf(initiator).orElse("");
            if (!was.equals(is)) {
                movedHosts.add(was);
                movedHosts.add(is);
            }
        }
        for (String host : movedHosts) {
            targets.keySet().forEach(target -> changed.add(new Seat(target, host)));
        }
        return changed;
    }

    Optional<String> hostOf(String initiator) {
        return Optional.ofNullable(hostOfInitiator.getOrDefault(initiator, anyHost));
    }

    Optional<HostRow> host(String initiator) {
        return hostOf(initiator).map(hostsByName::get);
    }

    Optional<TargetInfo> target(String name) {
        return Optional.ofNullable(targets.get(name));
    }

    /** What every initiator proves in a discovery session, if that is a thing of its own. */
    Optional<DiscoveryRow> discovery() {
        return discovery;
    }

    /** The portal that the initiator's host is sent to. */
    Optional<TargetInfo.Portal> redirect(String target, String initiator) {
        return target(target).flatMap(t -> hostOf(initiator).flatMap(t::goal));
    }

    /** Those with LUNs for the initiator; the first one for a host that has no LUN yet. */
    List<TargetInfo> targetsFor(String initiator) {
        Optional<String> host = hostOf(initiator);
        if (host.isEmpty()) {
            return List.of();
        }
        List<TargetInfo> seen = new ArrayList<>();
        for (TargetInfo target : targets.values()) {
            if (views.containsKey(new Seat(target.name(), host.get()))) {
                seen.add(target);
            }
        }
        return seen.isEmpty() ? targets.values().stream().limit(1).toList() : List.copyOf(seen);
    }

    LunView luns(String target, String initiator) {
        Optional<String> host = hostOf(initiator);
        if (host.isEmpty()) {
            return LunView.NOTHING;
        }
        LunView view = views.get(new Seat(target, host.get()));
        return view == null ? new LunView(host.get(), new TreeMap<>()) : view;
    }

    /** All targets, the first one first. */
    List<TargetInfo> targets() {
        return List.copyOf(targets.values());
    }
}
