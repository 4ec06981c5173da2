package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.LunListener;
import io.tidegate.presentation.LunView;
import io.tidegate.presentation.MappedLun;
import io.tidegate.presentation.TargetInfo;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** One target that shows the same LUNs to every initiator, as the host "host". */
public final class FakeDirectory implements LunDirectory {

    public static final String TARGET = "iqn.2026-11.io.tidegate:test";
    public static final String HOST = "host";

    final List<LunListener> listeners = new CopyOnWriteArrayList<>();
    private final TreeMap<Integer, MappedLun> luns = new TreeMap<>();

    /** Of the target's portal groups. */
    volatile List<Integer> tags = List.of(1);

    private volatile InetSocketAddress portal = new InetSocketAddress("127.0.0.1", 3260);

    public synchronized void map(int number, LogicalUnit unit, boolean readOnly) {
        luns.put(number, new MappedLun(number, unit, readOnly));
        listeners.forEach(l -> l.lunsChanged(TARGET, HOST));
    }

    public synchronized void unmap(int number) {
        luns.remove(number);
        listeners.forEach(l -> l.lunsChanged(TARGET, HOST));
    }

    public void portal(InetSocketAddress address) {
        portal = address;
    }

    public void changed(LogicalUnit unit, LunListener.UnitChange change) {
        listeners.forEach(l -> l.unitChanged(unit, change));
    }

    @Override
    public Optional<TargetInfo> target(String targetName) {
        return targetName.equals(TARGET)
                ? Optional.of(
                        new TargetInfo(
                                TARGET,
                                "",
                                tags.stream()
                                        .map(
                                                t ->
                                                        new TargetInfo.Portal(
                                                                portal, Optional.empty(), t))
                                        .toList()))
                : Optional.empty();
    }

    @Override
    public List<TargetInfo> targetsFor(String initiatorName) {
        return target(TARGET).stream().toList();
    }

    @Override
    public LoginRule loginRule(Optional<String> targetName, String initiatorName) {
        return new LoginRule.Open();
    }

    @Override
    public synchronized LunView luns(String targetName, String initiatorName) {
        return new LunView(HOST, new TreeMap<>(luns));
    }

    @Override
    public void addListener(LunListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(LunListener listener) {
        listeners.remove(listener);
    }
}
