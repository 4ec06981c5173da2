package io.tidegate.presentation;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/**
 * Makes identities that no other unit has: NAA 6 out of the company id and random bits, a serial
 * out of the unit's UUID in hex digits only, since initiators skip what is no hex digit.
 */
public final class Identities {

    private static final int TRIES = 16;

    private final String companyId;
    private final RandomGenerator random;

    /**
     * @param companyId IEEE company id, 6 hex digits
     */
    public Identities(String companyId) {
        this(companyId, new SecureRandom());
    }

    Identities(String companyId, RandomGenerator random) {
        if (!companyId.matches("[0-9a-f]{6}")) {
            throw new IllegalArgumentException("not a company id: " + companyId);
        }
        this.companyId = companyId;
        this.random = random;
    }

    UnitIdentity next(Handle handle, LogicalUnitId id) {
        String serial = id.toString().replace("-", "");
        for (int i = 0; i < TRIES; i++) {
            byte[] bits = new byte[13];
            random.nextBytes(bits);
            String naa = "6" + companyId + HexFormat.of().formatHex(bits).substring(1);
            if (!taken(handle, naa)) {
                return new UnitIdentity(naa, serial);
            }
        }
        throw new IllegalStateException("no free NAA in " + TRIES + " tries");
    }

    private static boolean taken(Handle handle, String naa) {
        return handle.createQuery("select count(*) from logical_unit where naa = ?")
                        .bind(0, naa)
                        .mapTo(Long.class)
                        .one()
                > 0;
    }
}
