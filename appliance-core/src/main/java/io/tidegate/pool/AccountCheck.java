package io.tidegate.pool;

import java.util.function.Consumer;

/** Compares the accounts of sizes and promises with what was counted in maps and lists. */
final class AccountCheck {

    private final Consumer<String> problems;

    AccountCheck(Consumer<String> problems) {
        this.problems = problems;
    }

    /**
     * @param births of the grains that the live map holds
     */
    void live(CheckImage.VolumeView v, Births births) {
        CheckImage.LiveView live = v.live();
        int base = live.baseEpoch();
        String what = "volume " + v.id();
        compare(what, births.total(), v.mappedGrains());
        compare(what + " from its origin", births.between(0, base), live.base());
        int after = base;
        for (CheckImage.SnapshotView s : v.snapshots()) {
            compare(what + " up to snapshot " + s.id(), births.between(after, s.epoch()), s.live());
            after = Math.max(after, s.epoch());
        }
        compare(what + " alone", births.after(after), live.own());
        if (live.reserved()) {
            compare(what + " by its budget", births.after(after), live.budgetOwn());
        }
    }

    void list(String what, DeadListView list, Births births) {
        compare(what, births.total(), list.grains);
        if (!list.accountsAre(births)) {
            problems.accept(what + ": an account of what only one snapshot needs is wrong");
        }
    }

    private void compare(String what, long found, long account) {
        if (found != account) {
            problems.accept(what + " has " + found + " grains, its account says " + account);
        }
    }
}
