package io.tidegate.target.device;

import io.tidegate.presentation.LunView;
import io.tidegate.presentation.MappedLun;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The LUNs of a nexus at one time, found by number without hashing. Immutable. */
final class NexusLuns {

    static final NexusLuns NOTHING = new NexusLuns(LunView.NOTHING, new NexusLun[0], List.of());

    private final LunView view;
    private final @Nullable NexusLun[] byNumber;
    private final List<NexusLun> all;

    private NexusLuns(LunView view, @Nullable NexusLun[] byNumber, List<NexusLun> all) {
        this.view = view;
        this.byNumber = byNumber;
        this.all = all;
    }

    static NexusLuns of(LunView view, Function<MappedLun, NexusLun> make) {
        int size = view.luns().isEmpty() ? 0 : view.luns().lastKey() + 1;
        @Nullable NexusLun[] byNumber = new NexusLun[size];
        List<NexusLun> all = view.all().stream().map(make).toList();
        all.forEach(lun -> byNumber[lun.number()] = lun);
        return new NexusLuns(view, byNumber, all);
    }

    LunView view() {
        return view;
    }

    @Nullable NexusLun get(int number) {
        return number < 0 || number >= byNumber.length ? null : byNumber[number];
    }

    /** By number. */
    List<NexusLun> all() {
        return all;
    }
}
