package io.tidegate.target.device;

import io.tidegate.presentation.SanitizeStore.Unfinished;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A SANITIZE that is under way or has failed; while there is one the medium is not accessible.
 *
 * <p>An overwrite writes its passes and then reads all of it back, which counts as a pass more.
 */
final class SanitizeRun {

    private final Unfinished plan;

    /** Whether it ended well; of a run that the server's end has cut off, never. */
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private volatile int progress; // in parts of 65536
    private volatile boolean failed;

    SanitizeRun(Unfinished plan) {
        this.plan = plan;
        this.failed = plan.failed();
        progress(plan.doneBytes());
    }

    Unfinished plan() {
        return plan;
    }

    CompletableFuture<Boolean> ended() {
        return ended;
    }

    /** All that it reads, writes and gives back. */
    long totalBytes() {
        return plan.sizeBytes() * (plan.overwrite() ? plan.passes() + 1 : 1);
    }

    /** Whether the pass, from 0 on, is the one that reads back. */
    boolean readsBack(int pass) {
        return pass == plan.passes();
    }

    /** What a block holds after the passes up to this one, from 0 on. */
    ByteBuffer block(int pass, int blockBytes) {
        byte[] pattern = HexFormat.of().parseHex(plan.pattern());
        boolean complement = plan.invert() && (Math.min(pass, plan.passes() - 1) & 1) != 0;
        byte[] block = new byte[blockBytes];
        for (int i = 0; i < blockBytes; i++) {
            byte one = pattern[i % pattern.length];
            block[i] = complement ? (byte) ~one : one;
        }
        return ByteBuffer.wrap(block);
    }

    void progress(long doneBytes) {
        progress = (int) Math.min(65535, doneBytes * 65536.0 / totalBytes());
    }

    void fail() {
        failed = true;
    }

    boolean failed() {
        return failed;
    }

    Sense sense() {
        return failed ? Sense.sanitizeFailed() : Sense.sanitizeInProgress(progress);
    }

    static @Nullable Sense senseOf(UnitState state) {
        SanitizeRun run = state.sanitize();
        return run == null ? null : run.sense();
    }
}
