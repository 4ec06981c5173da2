package io.tidegate.pool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts who owns each grain and node, as of one instant. A volume owns what its live map holds and
 * what its lists hold, as far as it was born after its origin; an unfinished walk owns what it has
 * not reached. Each node in use has one owner, each grain one and as many more as the share table
 * says; each unit with an owner is in use, and what a snapshot shows has an owner.
 *
 * <p>Each node is read once, however many snapshots show it: a page is written once, so whoever
 * points to it sees the same.
 */
final class Ownership {

    private static final int MOST_PROBLEMS = 100;

    private final NodeStore store;
    private final CheckImage image;
    private final List<String> problems = new ArrayList<>();
    private final UnitCounts grains;
    private final UnitCounts nodes;
    private final UnitCounts walked;
    private final AccountCheck accounts = new AccountCheck(this::problem);

    Ownership(SpaceMap space, NodeStore store, CheckImage image) {
        this.store = store;
        this.image = image;
        int segments = image.used.segments();
        this.grains = new UnitCounts(space.layout(), segments);
        this.nodes = new UnitCounts(space.layout(), segments);
        this.walked = new UnitCounts(space.layout(), segments);
    }

    /** Reads everything; the caller has a guard open since before the image was taken. */
    PoolCheckReport count() throws IOException {
        image.problems.forEach(this::problem);
        for (CheckImage.VolumeView v : image.volumes) {
            guarded("volume " + v.id(), () -> volume(v));
        }
        for (CheckImage.JobView job : image.jobs) {
            guarded("a deletion under way", () -> job(job));
        }
        image.pages.forEach(p -> own(nodes, p.address(), p.what()));
        for (CheckImage.VolumeView v : image.volumes) {
            for (CheckImage.SnapshotView s : v.snapshots()) {
                guarded("snapshot " + s.id(), () -> shown(node(s.root()), "snapshot " + s.id()));
            }
        }
        compare();
        compareShares();
        return new PoolCheckReport(
                image.volumes.size(), image.snapshots, grains.units(), nodes.units(), problems);
    }

    private interface Part {
        void look() throws IOException;
    }

    /** Damage ends one part and is a finding; the others are looked at all the same. */
    private void guarded(String what, Part part) throws IOException {
        try {
            part.look();
        } catch (DamageException e) {
            problem(what + ": " + e.getMessage());
        }
    }

    private void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        }
    }

    private void own(UnitCounts owners, long address, String what) {
        if (!image.used.contains(address)) {
            problem(what + " holds page " + address + ", which lies outside of the pool");
            return;
        }
        int n = owners.add(address);
        if (n > (owners == grains ? 1 + image.shares.refs(address) : 1)) {
            problem("page " + address + " has " + n + " owners, the last is " + what);
        }
    }

    private MapNode node(NodeRef ref) throws IOException {
        return store.look(ref.address(), ref.birth());
    }

    private MapNode child(MapNode node, int index, long slot) throws IOException {
        MapNode kid = node.kid(index, slot);
        if (kid == null) {
            kid = store.look(Slot.address(slot), Slot.birth(slot));
        }
        if (kid.level != node.level - 1) {
            throw new DamageException("node at page " + kid.address + ": level differs");
        }
        return kid;
    }

    private void volume(CheckImage.VolumeView v) throws IOException {
        int after = v.originEpoch();
        Births live = new Births();
        tree(v.root(), after, "volume " + v.id(), live);
        accounts.live(v, live);
        for (CheckImage.SnapshotView s : v.snapshots()) {
            list(s.list(), after, "list of snapshot " + s.id());
        }
        list(v.head(), after, "head list of volume " + v.id());
    }

    /** Owns what is born after an epoch; counts all. */
    private void tree(MapNode node, int after, String what, Births births) throws IOException {
        if (node.birth > after) {
            own(nodes, node.address, what);
        }
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level > 0) {
                tree(child(node, i, slot), after, what, births);
            } else {
                births.add(Slot.birth(slot));
                if (Slot.birth(slot) > after) {
                    own(grains, Slot.address(slot), what);
                }
            }
        }
    }

    private void list(DeadListView list, int after, String what) throws IOException {
        Births births = new Births();
        list.each(0, store, e -> entry(e, after, what, births));
        accounts.list(what, list, births);
    }

    private void entry(long e, int after, String what, Births births) throws IOException {
        switch (Slot.kind(e)) {
            case Slot.GRAIN -> {
                births.add(Slot.birth(e));
                if (Slot.birth(e) > after) {
                    own(grains, Slot.address(e), what);
                }
            }
            case Slot.NODE -> {
                if (Slot.birth(e) > after) {
                    own(nodes, Slot.address(e), what);
                }
            }
            default -> tree(store.look(Slot.address(e), Slot.birth(e)), after, what, births);
        }
    }

    private void job(CheckImage.JobView job) throws IOException {
        long from = job.cursor();
        for (DeadListView source : job.sources()) {
            source.each(
                    from, store, e -> entry(e, job.after(), "a deletion under way", new Births()));
            from = 0;
        }
    }

    /** All that can be reached from a root has an owner. */
    private void shown(MapNode node, String what) throws IOException {
        if (nodes.count(node.address) == 0) {
            problem(what + " shows the node at page " + node.address + ", which nobody owns");
        }
        if (walked.add(node.address) > 1) {
            return;
        }
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level > 0) {
                shown(child(node, i, slot), what);
            } else if (!image.used.contains(Slot.address(slot))
                    || grains.count(Slot.address(slot)) == 0) {
                problem(what + " shows page " + Slot.address(slot) + ", which nobody owns");
            }
        }
    }

    /** Segment by segment: in use, or owned, and not both. */
    private void compare() {
        UsedUnits used = image.used;
        for (int s = 0; s < used.segments(); s++) {
            for (int i = 0; i < used.unitsIn(s); i++) {
                long address = used.addressOf(s, i);
                boolean owned = (used.isData(s) ? grains.count(address) : nodes.count(address)) > 0;
                if (used.isUsed(s, i) && !owned) {
                    problem("page " + address + " is in use, but nobody owns it");
                } else if (owned && !used.isUsed(s, i)) {
                    problem("page " + address + " has an owner, but is free");
                }
            }
        }
        if (used.grains() != grains.units()) {
            problem(used.grains() + " grains are in use, " + grains.units() + " have an owner");
        }
        if (used.nodes() != nodes.units()) {
            problem(used.nodes() + " nodes are in use, " + nodes.units() + " have an owner");
        }
    }

    /** Too many owners were reported as they were met; here are those with too few. */
    private void compareShares() {
        image.shares.eachRef(
                (address, refs) -> {
                    int owners = grains.count(address);
                    if (owners < 1 + refs) {
                        problem(
                                "page %d has %d owners, the share table says %d"
                                        .formatted(address, owners, 1 + refs));
                    }
                });
    }
}
