package io.tidegate.presentation;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.HostRows.HostRow;
import io.tidegate.presentation.HostRows.SealedSecret;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Hosts: named sets of initiators that see the same LUNs. Safe for concurrent calls. */
public final class HostService {

    private final Catalog catalog;
    private final SecretBox secrets;
    private final Presentation presentation;

    public HostService(Catalog catalog, SecretBox secrets, Presentation presentation) {
        this.catalog = catalog;
        this.secrets = secrets;
        this.presentation = presentation;
    }

    public HostInfo create(Request who, HostSpec spec) throws ServiceException {
        String object = "host:" + Names.shown(spec.name());
        try {
            String name = Names.check("host", spec.name());
            List<String> initiators = checkInitiators(spec);
            if (spec.chap().isPresent()) {
                Chap.check(spec.chap().get());
            }
            catalog.changeOnce(who, object, String.class, tx -> insert(tx, name, spec, initiators));
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
        presentation.publish();
        return show(spec.name());
    }

    private static List<String> checkInitiators(HostSpec spec) throws ServiceException {
        List<String> initiators = new ArrayList<>();
        for (String entered : spec.initiators()) {
            String initiator = IscsiNames.check(entered);
            if (!initiators.contains(initiator)) {
                initiators.add(initiator);
            }
        }
        if (initiators.isEmpty() != spec.anyInitiator()) {
            throw ServiceException.invalid(
                    "host " + spec.name() + " is not made",
                    spec.anyInitiator()
                            ? "a host for any initiator names none"
                            : "it has no initiator",
                    "give --iqn IQN for each initiator, or --any-initiator alone");
        }
        return initiators;
    }

    private String insert(Tx tx, String name, HostSpec spec, List<String> initiators)
            throws ServiceException {
        if (HostRows.byName(tx.handle(), name).isPresent()) {
            throw ServiceException.conflict(
                    "host " + name + " is not made",
                    "there is a host of this name",
                    "choose another name",
                    "host show " + name);
        }
        if (spec.anyInitiator()) {
            checkNoOtherAny(tx.handle(), name);
        }
        String id = UUID.randomUUID().toString();
        tx.handle()
                .execute(
                        "insert into host (id, name, any_initiator, os, created_at)"
                                + " values (?, ?, ?, ?, ?)",
                        id,
                        name,
                        UnitRows.flag(spec.anyInitiator()),
                        spec.os().text(),
                        tx.nowMillis());
        for (String initiator : initiators) {
            insertInitiator(tx, id, initiator);
        }
        if (spec.chap().isPresent()) {
            setChap(tx, row(tx.handle(), name), spec.chap());
        }
        tx.note("initiators", initiators)
                .note("anyInitiator", spec.anyInitiator())
                .note("chap", spec.chap().isPresent());
        return name;
    }

    private static void checkNoOtherAny(Handle handle, String name) throws ServiceException {
        for (HostRow other : HostRows.all(handle)) {
            if (other.anyInitiator()) {
                throw ServiceException.conflict(
                        "host " + name + " is not made",
                        "host " + other.name() + " already takes any initiator",
                        "use " + other.name(),
                        "host delete " + other.name());
            }
        }
    }

    private static void insertInitiator(Tx tx, String hostId, String initiator)
            throws ServiceException {
        for (HostRow other : HostRows.all(tx.handle())) {
            if (other.initiators().contains(initiator)) {
                throw ServiceException.conflict(
                        "initiator " + initiator + " is not added",
                        "host " + other.name() + " has it",
                        "host initiator remove " + other.name() + " " + initiator);
            }
        }
        tx.handle()
                .execute(
                        "insert into host_initiator (iqn, host_id, created_at) values (?, ?, ?)",
                        initiator,
                        hostId,
                        tx.nowMillis());
    }

    public List<HostInfo> list() {
        return catalog.read(
                handle -> HostRows.all(handle).stream().map(host -> info(handle, host)).toList());
    }

    public HostInfo show(String name) throws ServiceException {
        String folded = Names.fold(name);
        return catalog.<HostInfo, ServiceException>read(
                handle -> info(handle, row(handle, folded)));
    }

    static HostRow row(Handle handle, String name) throws ServiceException {
        return HostRows.byName(handle, name)
                .orElseThrow(() -> ServiceException.notFound("host", name));
    }

    private static HostInfo info(Handle handle, HostRow host) {
        return new HostInfo(
                host.name(),
                host.initiators(),
                host.anyInitiator(),
                host.os(),
                host.chap().map(SealedSecret::user),
                host.mutual().map(SealedSecret::user),
                HostRows.luns(handle, host.id()),
                host.createdAt());
    }

    /** A change of one host's rows. */
    @FunctionalInterface
    private interface RowAct {
        void run(Tx tx, HostRow host) throws ServiceException;
    }

    private void act(Request who, String name, RowAct rows) throws ServiceException {
        String folded = Names.fold(name);
        String object = "host:" + folded;
        try {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        rows.run(tx, row(tx.handle(), folded));
                        return 0;
                    });
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
        presentation.publish();
    }

    /** Adds an initiator; one that the host has already changes nothing. */
    public HostInfo addInitiator(Request who, String name, String initiator)
            throws ServiceException {
        String checked = IscsiNames.check(initiator);
        act(
                who,
                name,
                (tx, host) -> {
                    if (host.anyInitiator()) {
                        throw ServiceException.invalid(
                                "initiator " + checked + " is not added",
                                "host " + host.name() + " takes any initiator",
                                "host create NAME --iqn " + checked);
                    }
                    if (!host.initiators().contains(checked)) {
                        insertInitiator(tx, host.id(), checked);
                    }
                    tx.note("added", checked);
                });
        return show(name);
    }

    /** Removes an initiator; its sessions see no LUN any more. */
    public HostInfo removeInitiator(Request who, String name, String initiator)
            throws ServiceException {
        String folded = IscsiNames.fold(initiator.strip());
        act(
                who,
                name,
                (tx, host) -> {
                    if (!host.initiators().contains(folded)) {
                        throw ServiceException.notFound("initiator", folded);
                    }
                    tx.handle().execute("delete from host_initiator where iqn = ?", folded);
                    tx.note("removed", folded);
                });
        return show(name);
    }

    /**
     * Sets what the host's initiators have to prove from their next login on; empty for nothing.
     */
    public HostInfo setChap(Request who, String name, Optional<ChapCredentials> chap)
            throws ServiceException {
        if (chap.isPresent()) {
            Chap.check(chap.get());
        }
        act(
                who,
                name,
                (tx, host) -> {
                    setChap(tx, host, chap);
                    tx.note("chap", chap.isPresent());
                });
        return show(name);
    }

    private void setChap(Tx tx, HostRow host, Optional<ChapCredentials> chap) {
        Optional<SealedSecret> one =
                chap.map(c -> Chap.seal(secrets, host.chapPlace(), c.user(), c.secret()));
        Optional<SealedSecret> other =
                chap.flatMap(ChapCredentials::mutual)
                        .map(m -> Chap.seal(secrets, host.mutualPlace(), m.user(), m.secret()));
        tx.handle()
                .createUpdate(
                        "update host set chap_user = :user, chap_secret = :secret,"
                                + " mutual_user = :mutualUser, mutual_secret = :mutualSecret"
                                + " where id = :id")
                .bind("user", one.map(SealedSecret::user).orElse(null))
                .bind("secret", one.map(SealedSecret::sealed).orElse(null))
                .bind("mutualUser", other.map(SealedSecret::user).orElse(null))
                .bind("mutualSecret", other.map(SealedSecret::sealed).orElse(null))
                .bind("id", host.id())
                .execute();
    }

    /**
     * Sets what every initiator proves in a discovery session from the next one on; empty for what
     * its host proves.
     */
    public DiscoveryInfo setDiscoveryChap(Request who, Optional<ChapCredentials> chap)
            throws ServiceException {
        try {
            if (chap.isPresent()) {
                Chap.check(chap.get());
            }
            catalog.<Integer, ServiceException>change(
                    who,
                    DiscoveryRow.OBJECT,
                    tx -> {
                        DiscoveryRow.write(tx, secrets, chap);
                        tx.note("chap", chap.isPresent());
                        return 0;
                    });
        } catch (ServiceException e) {
            throw catalog.recorded(who, DiscoveryRow.OBJECT, e);
        }
        presentation.publish();
        return discovery();
    }

    /** What discovery sessions have to prove. */
    public DiscoveryInfo discovery() {
        Optional<DiscoveryRow> row = catalog.read(DiscoveryRow::read);
        return new DiscoveryInfo(
                row.map(r -> r.chap().user()),
                row.flatMap(DiscoveryRow::mutual).map(SealedSecret::user));
    }

    public HostInfo setOs(Request who, String name, HostOs os) throws ServiceException {
        act(
                who,
                name,
                (tx, host) -> {
                    tx.handle()
                            .execute("update host set os = ? where id = ?", os.text(), host.id());
                    tx.note("os", os.text());
                });
        return show(name);
    }

    /**
     * Forgets a host.
     *
     * @throws ServiceException {@code BUSY} while LUNs are mapped to it
     */
    public void delete(Request who, String name) throws ServiceException {
        act(
                who,
                name,
                (tx, host) -> {
                    List<LunRows.LunRow> luns = LunRows.ofHost(tx.handle(), host.id());
                    if (!luns.isEmpty()) {
                        throw ServiceException.busy(
                                "host " + host.name() + " is not deleted",
                                luns.size() + " LUNs are mapped to it",
                                "lun unmap NAME --host " + host.name(),
                                "lun list --host " + host.name());
                    }
                    tx.handle().execute("delete from redirect where host_id = ?", host.id());
                    tx.handle().execute("delete from host_initiator where host_id = ?", host.id());
                    tx.handle().execute("delete from host where id = ?", host.id());
                });
    }
}
