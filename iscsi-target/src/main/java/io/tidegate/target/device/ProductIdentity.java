package io.tidegate.target.device;

/**
 * What INQUIRY says of the maker.
 *
 * @param vendor T10 vendor identification, at most 8 characters of printable ASCII
 * @param product at most 16 characters
 * @param revision at most 4 characters
 */
public record ProductIdentity(String vendor, String product, String revision) {

    public static final ProductIdentity TIDEGATE =
            new ProductIdentity("TIDEGATE", "VIRTUAL DISK", "0001");

    public ProductIdentity {
        check(vendor, 8);
        check(product, 16);
        check(revision, 4);
    }

    private static void check(String text, int most) {
        if (text.length() > most || !text.matches("[\\x20-\\x7e]*")) {
            throw new IllegalArgumentException("not " + most + " characters of ASCII: " + text);
        }
    }
}
