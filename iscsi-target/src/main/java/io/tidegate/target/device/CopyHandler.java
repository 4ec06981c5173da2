package io.tidegate.target.device;

import io.tidegate.copy.manager.CopyLun;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.manager.CopyNexus;
import io.tidegate.copy.manager.CopyReply;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Conflict;
import io.tidegate.scsi.CopyCommand;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/** Third-party copy: hands commands to the copy manager, with the rights of their nexus. */
final class CopyHandler implements Handler<CopyCommand> {

    private static final int LONGEST_LIST = 1 << 16;

    private final CopyManager copies;
    private final ProductIdentity product;
    private final ReservationHandler reservations;

    CopyHandler(CopyManager copies, ProductIdentity product, ReservationHandler reservations) {
        this.copies = copies;
        this.product = product;
        this.reservations = reservations;
    }

    @Override
    public Step begin(Context c, CopyCommand command) {
        return switch (command) {
            case CopyCommand.Out out -> {
                int length = out.parameterLength();
                if (length < 0 || length > LONGEST_LIST) {
                    yield c.check(Sense.parameterListLength());
                }
                yield length == 0
                        ? new Step.Run(Lane.LONG, () -> execute(c, ByteBuffer.allocate(0)))
                        : Context.take(length, Lane.LONG, data -> execute(c, data));
            }
            case CopyCommand.In in ->
                    new Step.Run(Lane.LONG, () -> execute(c, ByteBuffer.allocate(0)));
        };
    }

    private Step execute(Context c, ByteBuffer list) {
        Rights rights = new Rights(c.nexus(), product, reservations);
        CopyReply reply = copies.execute(rights, c.unit(), c.request().cdb(), list);
        Sense sense = reply.sense();
        if (sense != null) {
            return reply.status() == Status.GOOD
                    ? new Step.Finish(c.result(sense).withStatus(Status.GOOD))
                    : c.check(sense);
        }
        if (reply.status() == Status.GOOD) {
            return Context.data(reply.dataIn(), -1);
        }
        return new Step.Finish(
                new ScsiResult(reply.status(), new byte[0], ScsiResult.GOOD.dataIn()));
    }

    /** A nexus as the copy manager asks for it, live. */
    private record Rights(Nexus nexus, ProductIdentity product, ReservationHandler reservations)
            implements CopyNexus {
        @Override
        public String key() {
            return nexus.copyKey();
        }

        @Override
        public String host() {
            return nexus.host();
        }

        @Override
        public Collection<CopyLun> luns() {
            return List.copyOf(
                    nexus.luns().stream()
                            .map(l -> new Right(nexus, product, reservations, l))
                            .toList());
        }
    }

    /** What a nexus may do with a LUN, asked again for each piece. */
    private record Right(
            Nexus nexus, ProductIdentity product, ReservationHandler reservations, NexusLun lun)
            implements CopyLun {
        @Override
        public int number() {
            return lun.number();
        }

        @Override
        public LogicalUnit unit() {
            return lun.unit();
        }

        @Override
        public boolean mayRead() {
            return mapped() && lun.state().allows(nexus, Conflict.READ);
        }

        @Override
        public boolean mayWrite() {
            NexusLun now = nexus.lun(lun.number());
            return now != null
                    && mapped()
                    && !now.writeProtected()
                    && !lun.state().modes().softwareWriteProtect()
                    && lun.state().allows(nexus, Conflict.WRITE);
        }

        @Override
        public boolean writeCache() {
            return lun.state().modes().writeCache();
        }

        @Override
        public List<Designator> designators() {
            return VitalPages.unitNames(product, lun.unit());
        }

        @Override
        public CopyReply testReady() {
            if (!lun.state().allows(nexus, Conflict.LEGACY_ONLY)) {
                return CopyReply.of(Status.RESERVATION_CONFLICT);
            }
            Sense wrong = lun.state().notReady();
            return wrong == null ? CopyReply.good() : CopyReply.check(wrong);
        }

        @Override
        public CopyReply register(long key, long newKey) {
            return reservations.register(nexus, lun, key, newKey);
        }

        private boolean mapped() {
            NexusLun now = nexus.lun(lun.number());
            return !nexus.isClosed()
                    && now != null
                    && now.unit() == lun.unit()
                    && !lun.state().ejected()
                    && lun.state().sanitize() == null;
        }
    }
}
