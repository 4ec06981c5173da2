package io.tidegate.user;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** What a user may do. Reader, operator and admin include each other; security stands apart. */
public enum Role {
    READER,
    OPERATOR,
    ADMIN,
    /** Users, keys and the audit log; no data. */
    SECURITY;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Whether one of the roles does what {@code needed} may do. */
    public static boolean allows(Set<Role> roles, Role needed) {
        return roles.stream().anyMatch(role -> role.includes(needed));
    }

    private boolean includes(Role needed) {
        if (this == SECURITY || needed == SECURITY) {
            return this == needed;
        }
        return compareTo(needed) >= 0;
    }

    static String join(Set<Role> roles) {
        return String.join(",", new TreeSet<>(roles).stream().map(Role::text).toList());
    }

    static Set<Role> split(String text) {
        Set<Role> roles = new TreeSet<>();
        for (String one : text.split(",")) {
            roles.add(of(one));
        }
        return roles;
    }
}
