package io.tidegate.presentation;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.TargetRows.TargetRow;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Targets and their portals. Safe for concurrent calls. */
public final class TargetService {

    private static final String FIRST_PREFIX = "iqn.2026-11.io.tidegate:";

    private final Catalog catalog;
    private final Presentation presentation;
    private volatile Optional<PortalListeners> listeners = Optional.empty();

    public TargetService(Catalog catalog, Presentation presentation) {
        this.catalog = catalog;
        this.presentation = presentation;
    }

    /** Hands in what listens on portals, once the target runs. */
    public void attach(PortalListeners portals) {
        listeners = Optional.of(portals);
    }

    /**
     * Makes the first target when there is none; its default portal follows the settings.
     *
     * @return its name
     */
    public String ensureFirst() {
        Optional<String> present =
                catalog.read(TargetRows::all).stream()
                        .filter(TargetRow::first)
                        .map(TargetRow::name)
                        .findFirst();
        if (present.isPresent()) {
            return present.get();
        }
        byte[] bits = new byte[4];
        new SecureRandom().nextBytes(bits);
        String name = FIRST_PREFIX + HexFormat.of().formatHex(bits);
        catalog.change(
                Request.system("first start"),
                "target:" + name,
                tx -> {
                    insert(tx, name, "", true);
                    return 0;
                });
        presentation.publish();
        return name;
    }

    private static void insert(Tx tx, String name, String alias, boolean first) {
        tx.handle()
                .execute(
                        "insert into target (id, name, alias, is_first, created_at)"
                                + " values (?, ?, ?, ?, ?)",
                        UUID.randomUUID().toString(),
                        name,
                        alias,
                        UnitRows.flag(first),
                        tx.nowMillis());
    }

    /**
     * Makes a target.
     *
     * @param portals at least one, besides which it is not reached
     */
    public TargetInfo create(Request who, String iqn, String alias, List<TargetInfo.Portal> portals)
            throws ServiceException {
        String name = IscsiNames.check(iqn);
        if (portals.isEmpty()) {
            throw ServiceException.invalid(
                    "target " + name + " is not made",
                    "it has no portal",
                    "give --portal ADDR:PORT");
        }
        act(
                who,
                name,
                tx -> {
                    if (TargetRows.byName(tx.handle(), name).isPresent()) {
                        throw ServiceException.conflict(
                                "target " + name + " is not made",
                                "there is a target of this name",
                                "target show " + name);
                    }
                    insert(tx, name, alias, false);
                    for (TargetInfo.Portal portal : portals) {
                        insertPortal(tx, row(tx.handle(), name), portal);
                    }
                    tx.note("portals", portals.stream().map(p -> text(p.listen())).toList());
                });
        return show(name);
    }

    /** The first one first. */
    public List<TargetInfo> list() {
        return presentation.targets();
    }

    public TargetInfo show(String iqn) throws ServiceException {
        String name = IscsiNames.fold(iqn);
        return presentation
                .target(name)
                .orElseThrow(() -> ServiceException.notFound("target", name));
    }

    /**
     * Portals of the catalog; whoever listens follows them. The default portal is not among them.
     */
    public List<TargetInfo.Portal> extraPortals() {
        return catalog.read(TargetRows::all).stream().flatMap(t -> t.portals().stream()).toList();
    }

    public TargetInfo addPortal(Request who, String iqn, TargetInfo.Portal portal)
            throws ServiceException {
        String name = IscsiNames.fold(iqn);
        act(
                who,
                name,
                tx -> {
                    insertPortal(tx, row(tx.handle(), name), portal);
                    tx.note("added", text(portal.listen()));
                });
        return show(name);
    }

    private void insertPortal(Tx tx, TargetRow target, TargetInfo.Portal portal)
            throws ServiceException {
        if (portal.listen().getPort() < 1 || portal.groupTag() < 1 || portal.groupTag() > 65535) {
            throw ServiceException.invalid(
                    "portal " + text(portal.listen()) + " is not added",
                    "a portal has a port and a group tag of 1 to 65535",
                    "give --portal ADDR:PORT");
        }
        for (TargetInfo.Portal other : target.portals()) {
            if (text(other.listen()).equals(text(portal.listen()))) {
                throw ServiceException.conflict(
                        "portal " + text(portal.listen()) + " is not added",
                        "the target has it",
                        "target show " + target.name());
            }
        }
        listen(portal);
        @Nullable InetSocketAddress advertised = portal.advertised().orElse(null);
        tx.handle()
                .createUpdate(
                        "insert into portal (target_id, listen_host, listen_port, advertised_host,"
                                + " advertised_port, group_tag, created_at) values (:target, :host,"
                                + " :port, :advertisedHost, :advertisedPort, :tag, :at)")
                .bind("target", target.id())
                .bind("host", portal.listen().getHostString())
                .bind("port", portal.listen().getPort())
                .bind("advertisedHost", advertised == null ? null : advertised.getHostString())
                .bind("advertisedPort", advertised == null ? null : advertised.getPort())
                .bind("tag", portal.groupTag())
                .bind("at", tx.nowMillis())
                .execute();
    }

    /** A portal that nothing can listen on is refused, and its row with it. */
    private void listen(TargetInfo.Portal portal) throws ServiceException {
        if (listeners.isEmpty()) {
            return; // at the start: the wiring listens on what the rows say
        }
        try {
            listeners.get().open(portal.listen());
        } catch (IOException e) {
            throw ServiceException.conflict(
                    "portal " + text(portal.listen()) + " is not added",
                    String.valueOf(e.getMessage()),
                    "give an address of this machine and a free port");
        }
    }

    public TargetInfo removePortal(Request who, String iqn, InetSocketAddress listen)
            throws ServiceException {
        String name = IscsiNames.fold(iqn);
        act(
                who,
                name,
                tx -> {
                    TargetRow target = row(tx.handle(), name);
                    int rows =
                            tx.handle()
                                    .execute(
                                            "delete from portal where target_id = ? and"
                                                    + " listen_host = ? and listen_port = ?",
                                            target.id(),
                                            listen.getHostString(),
                                            listen.getPort());
                    if (rows == 0) {
                        throw new ServiceException(
                                ServiceException.Code.NOT_FOUND,
                                "portal " + text(listen) + " is not removed",
                                "the target has no such portal; the default portal is a setting",
                                List.of("target show " + name));
                    }
                    if (!target.first() && target.portals().size() == 1) {
                        throw ServiceException.conflict(
                                "portal " + text(listen) + " is not removed",
                                "it is the target's last one",
                                "target portal add another, then repeat",
                                "target delete " + name);
                    }
                    for (TargetInfo.Redirect redirect : target.redirects()) {
                        if (redirect.portal().equals(listen)) {
                            throw ServiceException.conflict(
                                    "portal " + text(listen) + " is not removed",
                                    redirect.host().map(h -> "host " + h).orElse("every host")
                                            + " is sent to it",
                                    "target redirect " + target.name() + " --off");
                        }
                    }
                    tx.note("removed", text(listen));
                });
        return show(name);
    }

    /**
     * Sends hosts to one portal from all others: their logins there are answered with its address,
     * and sessions that came in elsewhere are asked to log out. Kept until it is ended.
     *
     * @param host the host that is sent; empty for all that have no redirect of their own
     * @param portal where a portal of this target listens
     */
    public TargetInfo redirect(
            Request who, String iqn, Optional<String> host, InetSocketAddress portal)
            throws ServiceException {
        String name = IscsiNames.fold(iqn);
        if (show(name).portal(portal).isEmpty()) {
            throw new ServiceException(
                    ServiceException.Code.NOT_FOUND,
                    "hosts are not sent to " + text(portal),
                    "target " + name + " does not listen there",
                    List.of("target show " + name, "target portal add " + text(portal)));
        }
        act(
                who,
                name,
                tx -> {
                    TargetRow target = row(tx.handle(), name);
                    String hostId = hostId(tx.handle(), host);
                    endRedirect(tx, target, hostId);
                    tx.handle()
                            .execute(
                                    "insert into redirect (target_id, host_id, portal_host,"
                                            + " portal_port, created_at) values (?, ?, ?, ?, ?)",
                                    target.id(),
                                    hostId,
                                    portal.getHostString(),
                                    portal.getPort(),
                                    tx.nowMillis());
                    tx.note("redirected", host.orElse("all")).note("portal", text(portal));
                });
        return show(name);
    }

    /**
     * Ends redirects; where there is none, nothing changes.
     *
     * @param host whose; empty for every redirect of the target
     */
    public TargetInfo endRedirect(Request who, String iqn, Optional<String> host)
            throws ServiceException {
        String name = IscsiNames.fold(iqn);
        act(
                who,
                name,
                tx -> {
                    TargetRow target = row(tx.handle(), name);
                    if (host.isPresent()) {
                        endRedirect(tx, target, hostId(tx.handle(), host));
                    } else {
                        tx.handle()
                                .execute("delete from redirect where target_id = ?", target.id());
                    }
                    tx.note("redirectEnded", host.orElse("all"));
                });
        return show(name);
    }

    private static @Nullable String hostId(Handle handle, Optional<String> host)
            throws ServiceException {
        return host.isEmpty() ? null : HostService.row(handle, Names.fold(host.get())).id();
    }

    private static void endRedirect(Tx tx, TargetRow target, @Nullable String hostId) {
        if (hostId == null) {
            tx.handle()
                    .execute(
                            "delete from redirect where target_id = ? and host_id is null",
                            target.id());
        } else {
            tx.handle()
                    .execute(
                            "delete from redirect where target_id = ? and host_id = ?",
                            target.id(),
                            hostId);
        }
    }

    /**
     * Forgets a target.
     *
     * @throws ServiceException {@code BUSY} while LUNs are mapped on it; the first target stays
     */
    public void delete(Request who, String iqn) throws ServiceException {
        String name = IscsiNames.fold(iqn);
        act(
                who,
                name,
                tx -> {
                    TargetRow target = row(tx.handle(), name);
                    if (target.first()) {
                        throw ServiceException.conflict(
                                "target " + name + " is not deleted",
                                "it is the first target, which carries the default portal",
                                "delete other targets only");
                    }
                    int luns = LunRows.ofTarget(tx.handle(), target.id()).size();
                    if (luns > 0) {
                        throw ServiceException.busy(
                                "target " + name + " is not deleted",
                                luns + " LUNs are mapped on it",
                                "lun list",
                                "lun unmap NAME --host HOST");
                    }
                    tx.handle().execute("delete from redirect where target_id = ?", target.id());
                    tx.handle().execute("delete from portal where target_id = ?", target.id());
                    tx.handle().execute("delete from target where id = ?", target.id());
                });
    }

    /** A change of rows. */
    @FunctionalInterface
    private interface RowAct {
        void run(Tx tx) throws ServiceException;
    }

    private void act(Request who, String name, RowAct rows) throws ServiceException {
        String object = "target:" + name;
        try {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        rows.run(tx);
                        return 0;
                    });
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        } finally {
            // Also after a failure: what was opened for a row that is not there is closed again.
            listeners.ifPresent(portals -> portals.keepOnly(portalAddresses()));
        }
        presentation.publish();
        presentation.sessions().ifPresent(sessions -> sessions.reconsider(name));
    }

    private Set<InetSocketAddress> portalAddresses() {
        return extraPortals().stream()
                .map(TargetInfo.Portal::listen)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static TargetRow row(Handle handle, String name) throws ServiceException {
        return TargetRows.byName(handle, name)
                .orElseThrow(() -> ServiceException.notFound("target", name));
    }

    private static String text(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }
}
