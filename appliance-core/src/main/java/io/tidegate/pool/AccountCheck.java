package io.tidegate.pool;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * Compares the accounts of sizes and promises with what stands in maps and lists, while nothing
 * changes.
 */
final class AccountCheck {

    private final PoolState state;
    private final NodeStore store;
    private final Promises promises;
    private final Consumer<String> problems;

    AccountCheck(PoolState state, NodeStore store, Promises promises, Consumer<String> problems) {
        this.state = state;
        this.store = store;
        this.promises = promises;
        this.problems = problems;
    }

    void run() throws IOException {
        long setAside = 0;
        for (Volume v : state.bySerial.values()) {
            live(v);
            for (int i = 0; i < v.snapshots.size(); i++) {
                list(v.snapshots.get(i), v.listAfter(i));
            }
            setAside += promises.setAsideFor(v.budget);
        }
        if (setAside != promises.setAside()) {
            problems.accept(
                    "reserved volumes are promised "
                            + setAside
                            + " grains, their account says "
                            + promises.setAside());
        }
    }

    private void live(Volume v) throws IOException {
        Births births = Births.under(store, v.map.root());
        int base = v.live.baseEpoch();
        String what = "volume " + v.id;
        compare(what + " from its origin", births.between(0, base), v.live.base());
        int after = base;
        for (Snapshot s : v.snapshots) {
            long born = births.between(after, s.epoch);
            compare(what + " up to snapshot " + s.id, born, s.live);
            after = Math.max(after, s.epoch);
        }
        compare(what + " alone", births.after(after), v.live.own());
        if (v.reserved()) {
            compare(what + " by its budget", births.after(after), v.budget.own);
        }
    }

    private void list(Snapshot s, DeadList list) throws IOException {
        Births births = new Births();
        long index = 0;
        for (long e = list.entry(0, store); e != -1; e = list.entry(++index, store)) {
            if (Slot.kind(e) == Slot.GRAIN) {
                births.add(Slot.birth(e));
            } else if (Slot.kind(e) == Slot.SUBTREE) {
                births.addUnder(store, store.loadAny(Slot.address(e), Slot.birth(e)));
            }
        }
        if (!list.accountsAre(births)) {
            problems.accept("list after snapshot " + s.id + ": an account is wrong");
        }
    }

    private void compare(String what, long found, long account) {
        if (found != account) {
            problems.accept(what + " has " + found + " grains, its account says " + account);
        }
    }
}
