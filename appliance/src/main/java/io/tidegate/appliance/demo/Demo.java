package io.tidegate.appliance.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidegate.block.DeviceException;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.RemoteLun;
import io.tidegate.initiator.Session;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The main job: write, snapshot, full QRV, overwrite, refresh, damage, promote, compare. Acts go by
 * SSH, data by iSCSI; nothing is looked up inside the appliance.
 */
public final class Demo {

    private static final long VOLUME_BYTES = 1L << 30;
    private static final long WRITTEN_BYTES = 256L << 20;
    private static final int OVERWRITTEN_PERCENT = 5;
    private static final int DAMAGED_PERCENT = 25;
    private static final long SEED = 20261122;
    private static final String HOST_NAME = "iqn.2026-11.io.tidegate:demo-host";

    private final Facts facts;
    private final AdminShell shell;
    private final InetSocketAddress portal;
    private final SplittableRandom random = new SplittableRandom(SEED);

    private Demo(Facts facts, AdminShell shell, InetSocketAddress portal) {
        this.facts = facts;
        this.shell = shell;
        this.portal = portal;
    }

    /**
     * Runs it against an appliance that has nothing but its first start behind it.
     *
     * @param sshAddress as {@code 127.0.0.1:PORT}
     * @param key of the user {@code admin}
     * @return whether every comparison held
     */
    public static boolean run(
            String sshAddress, InetSocketAddress portal, KeyPair key, PrintStream out)
            throws IOException, InterruptedException {
        Facts facts = new Facts(out);
        try (AdminShell shell = new AdminShell(sshAddress, key)) {
            new Demo(facts, shell, portal).story();
        } catch (InitiatorException | DeviceException e) {
            throw new IOException(e);
        }
        return facts.good();
    }

    private void story()
            throws IOException, InterruptedException, InitiatorException, DeviceException {
        facts.step("a volume of 1 GiB, and a LUN of it for one host");
        shell.run("volume create demo --pool fast --size 1GiB");
        shell.run("host create demo-host --iqn " + HOST_NAME);
        shell.run("lun map demo --host demo-host --lun 0");
        String target = shell.json("target list").get("items").get(0).get("name").asText();
        facts.fact("target", "%s at %s", target, portal);
        String identity = naa();
        facts.fact("identity of the LUN", "naa.%s", identity);
        InitiatorSettings settings = InitiatorSettings.of(portal, HOST_NAME, target);
        try (Initiator initiator = new Initiator(1);
                Session session = initiator.connect(settings);
                RemoteLun lun = session.openLun(0);
                HostIo io = new HostIo(lun);
                Session second =
                        initiator.connect(InitiatorSettings.of(portal, HOST_NAME, target))) {
            Pattern content = firstWrite(io);
            Pattern protectedContent = protect(io, content);
            damage(io, protectedContent.copy());
            promote(second);
            compare(io, protectedContent, identity);
        }
    }

    private Pattern firstWrite(HostIo io) throws IOException {
        facts.step("the host writes 256 MiB through iSCSI");
        Pattern content = new Pattern(VOLUME_BYTES);
        List<Integer> pieces =
                IntStream.range(0, (int) (WRITTEN_BYTES / Pattern.PIECE_BYTES)).boxed().toList();
        pieces.forEach(content::renew);
        long start = System.nanoTime();
        io.write(content, pieces);
        facts.fact("written and flushed", Facts.rate(WRITTEN_BYTES, since(start)));
        return content;
    }

    /** Snapshot, full QRV, overwrite, refresh; gives the content that the QRV then holds. */
    private Pattern protect(HostIo io, Pattern content) throws IOException {
        facts.step("a snapshot, and a full quick recovery volume in the other pool");
        long start = System.nanoTime();
        shell.run("snapshot create demo --name first");
        facts.fact("snapshot", "%.3f s, SSH included", since(start).toNanos() / 1e9);
        start = System.nanoTime();
        shell.run("qrv create demo --name demo-q1 --pool capacity --from-snapshot demo@first");
        facts.fact("QRV made", Facts.rate(qrv().get("lastCopiedBytes").asLong(), since(start)));

        facts.step("the host overwrites 5 %, and the QRV is refreshed");
        List<Integer> changed = some(OVERWRITTEN_PERCENT);
        changed.forEach(content::renew);
        io.write(content, changed);
        long changedBytes = (long) changed.size() * Pattern.PIECE_BYTES;
        start = System.nanoTime();
        shell.run("qrv refresh demo-q1");
        long moved = qrv().get("lastCopiedBytes").asLong();
        facts.fact("refresh", Facts.rate(moved, since(start)));
        facts.fact("changed by the host", Facts.mib(changedBytes));
        facts.check(
                "moved by the refresh",
                moved >= changedBytes && moved < changedBytes + changedBytes / 10,
                Facts.mib(moved));
        start = System.nanoTime();
        shell.run("qrv verify demo-q1");
        facts.fact("QRV verified", "%.2f s", since(start).toNanos() / 1e9);
        return content.copy();
    }

    private void damage(HostIo io, Pattern content) throws IOException {
        facts.step("the primary is damaged: a quarter of what was written is garbage now");
        List<Integer> damaged = some(DAMAGED_PERCENT);
        for (int piece : damaged) {
            content.renew(piece);
            content.renew(piece);
        }
        io.write(content, damaged);
        facts.fact("damaged", Facts.mib((long) damaged.size() * Pattern.PIECE_BYTES));
    }

    private void promote(Session host) throws IOException, InterruptedException {
        facts.step("the QRV takes the primary's place");
        try (ServiceProbe probe = new ServiceProbe(host, 0)) {
            long start = System.nanoTime();
            JsonNode result =
                    shell.json(
                            "qrv promote demo-q1 --unplanned --hosts-stopped --yes --confirm"
                                    + " demo-q1");
            Duration command = since(start);
            Duration gap = probe.longestGap();
            facts.fact("the command", "%.3f s, SSH included", command.toNanos() / 1e9);
            facts.fact("gate closed", "%s ms, by the appliance", result.findPath("gateMillis"));
            facts.check(
                    "without service",
                    probe.reads() > 0 && gap.compareTo(Duration.ofSeconds(10)) < 0,
                    String.format(
                            Locale.ROOT,
                            "%.1f ms, seen by a host that read %d times meanwhile",
                            gap.toNanos() / 1e6,
                            probe.reads()));
        }
    }

    private void compare(HostIo io, Pattern expected, String identity) throws IOException {
        facts.step("the host reads everything back");
        String want = expected.sha256();
        long start = System.nanoTime();
        String got = io.sha256();
        facts.fact("read", Facts.rate(VOLUME_BYTES, since(start)));
        facts.check("SHA-256 of 1 GiB", want.equals(got), got);
        String now = naa();
        facts.check("identity of the LUN", identity.equals(now), "naa." + now);
        facts.fact("the old primary", "kept as demo-old, unmapped and write-protected");
        shell.run("volume show demo-old");
    }

    private String naa() throws IOException {
        return shell.json("volume show demo").findPath("naa").asText();
    }

    private JsonNode qrv() throws IOException {
        JsonNode shown = shell.json("qrv show demo-q1");
        return shown.has("item") ? shown.get("item") : shown.findParent("lastCopiedBytes");
    }

    private List<Integer> some(int percent) {
        int written = (int) (WRITTEN_BYTES / Pattern.PIECE_BYTES);
        List<Integer> all = new ArrayList<>(IntStream.range(0, written).boxed().toList());
        Collections.shuffle(all, random);
        return all.subList(0, written * percent / 100);
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
