package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.volume.SnapshotUsage;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeUsage;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;

/**
 * What volumes and snapshots take, found the slow way: the addresses that each map shows, compared
 * with those of all others. Knows nothing of births, lists and accounts.
 */
@NullUnmarked
final class UsageOracle {

    private final Pool pool;
    private final PoolCore core;
    private final long grain;
    private final Map<MapNode, Set<Long>> shown = new HashMap<>();

    UsageOracle(Pool pool) {
        this.pool = pool;
        this.core = pool.core();
        this.grain = core.layout.grainBytes();
    }

    void verify() throws Exception {
        // Until a deletion's walk has moved an entry, it counts for nobody.
        boolean walked = core.state.jobs.isEmpty();
        if (core.shares.sharedGrains() > 0) {
            // The accounts go by birth: what is shared by reference is each owner's own.
            return;
        }
        core.wal.drain();
        long setAside = 0;
        for (Volume v : core.state.bySerial.values()) {
            VolumeUsage usage = pool.usage(v.id);
            volume(v, usage, walked);
            setAside += usage.reservedBytes();
            for (Snapshot s : v.snapshots) {
                snapshot(v, s, walked);
            }
        }
        StoreStatus status = pool.status();
        assertThat(status.reservedBytes()).isGreaterThanOrEqualTo(setAside);
        assertThat(status.freeBytes() + status.reservedBytes()).isLessThan(status.totalBytes());
    }

    private void volume(Volume v, VolumeUsage usage, boolean walked) throws IOException {
        Set<Long> live = addresses(v.map.root());
        Set<Long> alone = new HashSet<>(live);
        for (Volume w : core.state.bySerial.values()) {
            if (w != v) {
                alone.removeAll(addresses(w.map.root()));
            }
            for (Snapshot s : w.snapshots) {
                alone.removeAll(addresses(core.store.node(s.root)));
            }
        }
        assertThat(usage.mappedBytes()).as("mapped of %s", v.id).isEqualTo(live.size() * grain);
        assertThat(usage.sharedBytes()).isEqualTo(usage.mappedBytes() - usage.exclusiveBytes());
        long exclusive = alone.size() * grain;
        if (v.live.baseEpoch() <= v.frozenEpoch()) {
            assertThat(usage.exclusiveBytes()).as("exclusive of %s", v.id).isEqualTo(exclusive);
        } else {
            // A promoted clone that lost its former origin: known to be counted too small.
            assertThat(usage.exclusiveBytes()).isLessThanOrEqualTo(exclusive);
        }
        long size = core.layout.grainsOf(v.shape.geometry().sizeBytes()) * grain;
        assertThat(usage.reservedBytes())
                .as("reserved of %s", v.id)
                .isEqualTo(v.reserved() ? size - usage.exclusiveBytes() : 0);

        Set<Long> kept = new HashSet<>();
        for (Snapshot s : v.snapshots) {
            kept.addAll(addresses(core.store.node(s.root)));
        }
        kept.removeAll(live);
        kept.removeAll(ofOrigin(v));
        is(usage.keptBySnapshotsBytes(), kept.size() * grain, walked, "kept of " + v.id);
    }

    private void snapshot(Volume v, Snapshot s, boolean walked) throws Exception {
        SnapshotUsage usage = pool.usage(s.id);
        Set<Long> unique = new HashSet<>(addresses(core.store.node(s.root)));
        assertThat(usage.referencedBytes()).isEqualTo(unique.size() * grain);
        unique.removeAll(addresses(v.map.root()));
        unique.removeAll(ofOrigin(v));
        for (Snapshot other : v.snapshots) {
            if (other != s) {
                unique.removeAll(addresses(core.store.node(other.root)));
            }
        }
        is(usage.uniqueBytes(), unique.size() * grain, walked, "unique of " + s.id);
    }

    private static void is(long bytes, long found, boolean exactly, String what) {
        if (exactly) {
            assertThat(bytes).as(what).isEqualTo(found);
        } else {
            assertThat(bytes).as(what).isBetween(0L, found);
        }
    }

    private Set<Long> ofOrigin(Volume v) throws IOException {
        return v.origin == null ? Set.of() : addresses(core.store.node(v.origin.root));
    }

    private Set<Long> addresses(MapNode root) throws IOException {
        Set<Long> known = shown.get(root);
        if (known == null) {
            known = new HashSet<>();
            collect(root, known);
            shown.put(root, known);
        }
        return known;
    }

    private void collect(MapNode node, Set<Long> into) throws IOException {
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level == 0) {
                into.add(Slot.address(slot));
            } else {
                collect(VolumeMap.child(core.store, node, i, slot), into);
            }
        }
    }
}
