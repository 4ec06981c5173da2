package io.tidegate.snapshot;

import io.tidegate.block.OwnInterrupt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Does work on a platform thread that nobody can interrupt, and waits for it, interrupted or not.
 * Stores want such threads, and callers from the shell are none.
 */
public final class Apart {

    private Apart() {}

    /**
     * @param name of the thread
     * @throws X what the work threw; it may throw nothing else that is checked
     */
    @SuppressWarnings("unchecked")
    public static <T, X extends Exception> T call(String name, Work<T, X> work) throws X {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Callable<T> call = work::run;
        Thread.ofPlatform()
                .name(name)
                .daemon()
                .start(
                        () -> {
                            try {
                                answer.complete(call.call());
                            } catch (Throwable e) {
                                answer.completeExceptionally(e);
                            }
                        });
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return answer.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof Error error) {
                        throw error;
                    }
                    throw (X) e.getCause(); // X or unchecked, by the signature of the work
                }
            }
        } finally {
            if (interrupted) {
                OwnInterrupt.keep();
            }
        }
    }

    /** What is to be done. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T run() throws X;
    }
}
