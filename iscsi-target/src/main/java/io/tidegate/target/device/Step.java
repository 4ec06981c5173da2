package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** What the transport has to do next for a command. */
public sealed interface Step {

    /** The command is complete. */
    record Finish(ScsiResult result) implements Step {}

    /**
     * Read the medium: {@code tryRead} on the loop, else {@code read} on an I/O worker. Whoever got
     * this exits the entry once, when its last read has returned, and answers GOOD only if {@link
     * LogicalUnit.Entry#current()}; what a read throws goes to {@link DeviceServer#failed}.
     *
     * @param offset in bytes
     * @param lengthBytes at least one logical block
     */
    record ReadMedium(LogicalUnit.Entry entry, long offset, int lengthBytes) implements Step {}

    /**
     * Collect data-out, then call the work on the lane it names. No unit is entered while the
     * host's data is awaited.
     *
     * @param bytes what the CDB asks for, at least 1; when the initiator announces fewer (expected
     *     data transfer length), the work gets only those
     */
    record TakeData(int bytes, DataWork work) implements Step {}

    /** Work that may block and needs no data-out. */
    record Run(Lane lane, Work work) implements Step {}

    /** Work of any length, for a virtual thread. */
    record RunLong(LongWork work) implements Step {}

    /**
     * The command waits for what goes on without it: no thread is held, and giving the command up
     * ends nothing but the wait.
     *
     * @param next completes on any thread, never exceptionally
     */
    record Await(CompletionStage<Step> next) implements Step {}

    /**
     * The gate of the unit is closed: call {@link LogicalUnit#park} and, when that calls back,
     * begin the command again from its loop, or run the work again with the data it has.
     */
    record Park(LogicalUnit unit) implements Step {}

    /** Does a command that has its data. */
    interface DataWork {
        /**
         * @param data direct, position 0 to limit; the work may move position and limit, and has
         *     given the buffer up when it returns
         * @return anything but {@link ReadMedium} and {@link TakeData}
         */
        Step run(ByteBuffer data);

        default Lane lane() {
            return Lane.IO;
        }
    }

    /** Does a command that has what it needs; answers as {@link DataWork} does. */
    @FunctionalInterface
    interface Work {
        Step run();
    }

    /** Does a command in pieces; answers as {@link DataWork} does. */
    @FunctionalInterface
    interface LongWork {
        /**
         * @param givenUp whether nobody waits for the command any more: the work then ends before
         *     its next piece, and what it answers is of no matter
         */
        Step run(BooleanSupplier givenUp);
    }
}
