package io.tidegate.presentation;

import io.tidegate.catalog.Catalog;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Pools that can end the world just before or after an act: the catalog takes nothing more from
 * that moment on, as if the process had been killed.
 */
public final class KillingStores implements StoreProvider {

    /** The process is gone. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    private final Catalog catalog;
    private volatile String killIn = "";
    private volatile boolean after;

    /** How a growth by devices ends; null when it is done. */
    public volatile StoreException.@Nullable Kind refusal;

    /** What pools were grown by. */
    public final List<Path> grownBy = new CopyOnWriteArrayList<>();

    KillingStores(Catalog catalog) {
        this.catalog = catalog;
    }

    public void killBefore(String method) {
        killIn = method;
        after = false;
    }

    public void killAfter(String method) {
        killIn = method;
        after = true;
    }

    private static PoolOptions options(PoolRecord pool) {
        return PoolOptions.fast(pool.sizeBytes())
                .withGrainBytes(pool.grainBytes())
                .withSegmentBytes(1 << 20)
                .withWalBytes(1 << 20);
    }

    @Override
    public VolumeStore create(PoolRecord pool) throws StoreException {
        kill("create", false);
        VolumeStore store = Pool.create(pool.path(), options(pool));
        if (killIn.equals("create") && after) {
            store.close();
        }
        kill("create", true);
        return wrap(store);
    }

    @Override
    public VolumeStore open(PoolRecord pool) throws StoreException {
        return wrap(Pool.open(pool.path(), PoolOpenOptions.standard()));
    }

    @Override
    public void reopen(VolumeStore store, boolean acknowledgeLoss) {
        throw new UnsupportedOperationException("not in these tests");
    }

    @Override
    public StoreCheck check(VolumeStore store) {
        throw new UnsupportedOperationException("not in these tests");
    }

    @Override
    public ScrubReport scrub(VolumeStore store, ScrubControl control) {
        throw new UnsupportedOperationException("not in these tests");
    }

    @Override
    public void grow(VolumeStore store, long sizeBytes) {
        throw new UnsupportedOperationException("not in these tests");
    }

    @Override
    public void grow(VolumeStore store, List<Path> devices) throws StoreException {
        StoreException.Kind kind = refusal;
        if (kind != null) {
            throw new StoreException(kind, devices + " as the test wants it");
        }
        grownBy.addAll(devices);
    }

    private void kill(String method, boolean now) {
        if (killIn.equals(method) && after == now) {
            catalog.close();
            throw new Killed();
        }
    }

    private VolumeStore wrap(VolumeStore store) {
        return (VolumeStore)
                Proxy.newProxyInstance(
                        VolumeStore.class.getClassLoader(),
                        new Class<?>[] {VolumeStore.class},
                        (proxy, method, args) -> {
                            kill(method.getName(), false);
                            try {
                                Object result = method.invoke(store, args);
                                kill(method.getName(), true);
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }
}
