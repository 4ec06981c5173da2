package io.tidegate.appliance.settings;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * All boot settings, with their defaults. A setting that is absent from the file and the command
 * line has the value of {@link #defaults()}.
 *
 * @param data directory of catalog, keys and the first pools
 * @param iscsi listen address of the first target's default portal
 * @param iscsiAdvertise what hosts are told of that portal instead, for NAT and containers
 * @param ssh listen address of the administrators' shell
 * @param http listen address of metrics and health
 * @param secretKeyFile key of the secrets at rest, made at the first start; mode 0600
 * @param companyId IEEE company id of the NAA designators, 6 hex digits
 * @param fastPoolSize largest size of the pool {@code fast} that the first start makes, in bytes; 0
 *     takes a quarter of what the file system has free
 * @param capacityPoolSize as fastPoolSize, of the pool {@code capacity}; 0 takes a half
 * @param ioWorkers threads for device calls that may block
 * @param heap heap of the appliance's process, as {@code -Xmx} takes it
 * @param nodeCache heap for parts of the map that each open pool keeps to read them again, in
 *     bytes; 0 takes an eighth of the heap
 * @param binGrace how long deleted things can be undeleted
 * @param lunQuarantine how long a LUN number rests after an unmap
 * @param loginTimeout how long an iSCSI login may take
 * @param maxConnections iSCSI connections at one time
 * @param maxSessionsPerHost sessions that one initiator may have at one time
 * @param keepAlive silence of a host after which it is pinged, and dropped after as much again
 */
public record Settings(
        Path data,
        AddressPort iscsi,
        Optional<AddressPort> iscsiAdvertise,
        AddressPort ssh,
        AddressPort http,
        Optional<Path> secretKeyFile,
        String companyId,
        long fastPoolSize,
        long capacityPoolSize,
        int ioWorkers,
        String heap,
        long nodeCache,
        Duration binGrace,
        Duration lunQuarantine,
        Duration loginTimeout,
        int maxConnections,
        int maxSessionsPerHost,
        Duration keepAlive) {

    public static final Path DEFAULT_DATA = Path.of("data");

    public Settings {
        require(companyId.matches("[0-9a-f]{6}"), "company_id", "6 hex digits in lower case");
        require(heap.matches("[1-9][0-9]*[mg]"), "heap", "a number with m or g, such as 1g");
        require(
                nodeCache == 0 || nodeCache >= 1 << 20 && nodeCache <= Quantities.bytes(heap) / 4,
                "node_cache",
                "at least 1MiB, and a quarter of the heap of " + heap + " at most");
        require(ioWorkers >= 4 && ioWorkers <= 256, "io_workers", "4 to 256");
        require(poolSize(fastPoolSize), "fast_pool_size", "at least 64MiB");
        require(poolSize(capacityPoolSize), "capacity_pool_size", "at least 64MiB");
        require(maxConnections >= 1 && maxConnections <= 65536, "max_connections", "1 to 65536");
        require(
                maxSessionsPerHost >= 1 && maxSessionsPerHost <= 1024,
                "max_sessions_per_host",
                "1 to 1024");
        require(
                keepAlive.compareTo(Duration.ofSeconds(1)) >= 0
                        && keepAlive.compareTo(Duration.ofHours(1)) <= 0,
                "keep_alive",
                "a duration of 1s to 1h");
        require(
                iscsiAdvertise.map(a -> a.port() > 0 && !a.wildcard()).orElse(true),
                "iscsi_advertise",
                "the address and port that hosts can reach, such as 192.0.2.1:3260");
        require(!binGrace.isNegative(), "bin_grace", "a duration such as 24h");
        require(!lunQuarantine.isNegative(), "lun_quarantine", "a duration such as 1h");
        require(
                loginTimeout.compareTo(Duration.ofSeconds(1)) >= 0,
                "login_timeout",
                "a duration of at least 1s");
    }

    public static Settings defaults() {
        return new Settings(
                DEFAULT_DATA,
                AddressPort.parse("127.0.0.1:3260"),
                Optional.empty(),
                AddressPort.parse("127.0.0.1:2222"),
                AddressPort.parse("127.0.0.1:8080"),
                Optional.empty(),
                "020000",
                0,
                0,
                16,
                "1g",
                0,
                Duration.ofHours(24),
                Duration.ofHours(1),
                Duration.ofSeconds(15),
                1024,
                16,
                Duration.ofSeconds(20));
    }

    /** Where the secret key lies. */
    public Path keyFile() {
        return secretKeyFile.orElse(data.resolve("secret.key"));
    }

    /** These settings with what a file or a command line says instead. */
    public Settings with(Overrides over) {
        return new Settings(
                over.data().map(Path::of).orElse(data),
                over.iscsi().map(AddressPort::parse).orElse(iscsi),
                over.iscsiAdvertise().map(AddressPort::parse).or(() -> iscsiAdvertise),
                over.ssh().map(AddressPort::parse).orElse(ssh),
                over.http().map(AddressPort::parse).orElse(http),
                over.secretKeyFile().map(Path::of).or(() -> secretKeyFile),
                over.companyId().orElse(companyId),
                over.fastPoolSize().map(Quantities::bytes).orElse(fastPoolSize),
                over.capacityPoolSize().map(Quantities::bytes).orElse(capacityPoolSize),
                over.ioWorkers().orElse(ioWorkers),
                over.heap().orElse(heap),
                over.nodeCache().map(Quantities::bytes).orElse(nodeCache),
                over.binGrace().map(Quantities::duration).orElse(binGrace),
                over.lunQuarantine().map(Quantities::duration).orElse(lunQuarantine),
                over.loginTimeout().map(Quantities::duration).orElse(loginTimeout),
                over.maxConnections().orElse(maxConnections),
                over.maxSessionsPerHost().orElse(maxSessionsPerHost),
                over.keepAlive().map(Quantities::duration).orElse(keepAlive));
    }

    private static boolean poolSize(long bytes) {
        return bytes == 0 || bytes >= 1L << 26;
    }

    private static void require(boolean holds, String key, String wanted) {
        if (!holds) {
            throw new SettingsException("setting " + key + " is out of range: give " + wanted);
        }
    }

    /** What a settings file may hold; the names are those of the YAML keys. */
    public record Overrides(
            @JsonProperty("data") Optional<String> data,
            @JsonProperty("iscsi") Optional<String> iscsi,
            @JsonProperty("iscsi_advertise") Optional<String> iscsiAdvertise,
            @JsonProperty("ssh") Optional<String> ssh,
            @JsonProperty("http") Optional<String> http,
            @JsonProperty("secret_key_file") Optional<String> secretKeyFile,
            @JsonProperty("company_id") Optional<String> companyId,
            @JsonProperty("fast_pool_size") Optional<String> fastPoolSize,
            @JsonProperty("capacity_pool_size") Optional<String> capacityPoolSize,
            @JsonProperty("io_workers") Optional<Integer> ioWorkers,
            @JsonProperty("heap") Optional<String> heap,
            @JsonProperty("node_cache") Optional<String> nodeCache,
            @JsonProperty("bin_grace") Optional<String> binGrace,
            @JsonProperty("lun_quarantine") Optional<String> lunQuarantine,
            @JsonProperty("login_timeout") Optional<String> loginTimeout,
            @JsonProperty("max_connections") Optional<Integer> maxConnections,
            @JsonProperty("max_sessions_per_host") Optional<Integer> maxSessionsPerHost,
            @JsonProperty("keep_alive") Optional<String> keepAlive) {

        /** Only the addresses and the directory, as the command line gives them. */
        public static Overrides ofCommandLine(
                Optional<String> data,
                Optional<String> iscsi,
                Optional<String> ssh,
                Optional<String> http) {
            return new Overrides(
                    data,
                    iscsi,
                    Optional.empty(),
                    ssh,
                    http,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
    }
}
