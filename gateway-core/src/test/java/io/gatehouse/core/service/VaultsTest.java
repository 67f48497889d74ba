package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class VaultsTest {
    private static final String SECRET = "{vault://files/key}";

    @TempDir
    Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final InstantSource time = () -> now;
    private Vaults vaults;

    @BeforeEach
    void start() {
        Map<String, String> environment =
                Map.of("MY_SECRET", "current", "MY_SECRET_PREVIOUS", "before", "X_S", "prefixed");
        vaults = new Vaults(environment::get, Map.of("env", EnvVaultConfig.PLAIN), clock());
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stop() {
        logger().detachAppender(log);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(Vaults.class);
    }

    private Clock clock() {
        return new Clock() {
            @Override
            public java.time.ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return time.instant();
            }
        };
    }

    private void pass(Duration duration) {
        now = now.plus(duration);
        vaults.rotate();
    }

    private void write(String text) throws IOException {
        Files.writeString(folder.resolve("key"), text);
    }

    private FsVaultConfig files() {
        return FsVaultConfig.in(folder.toString());
    }

    private Vaults.Draft draft(Map<String, VaultConfig> entities) {
        Vaults.Draft draft = vaults.draft();
        entities.forEach(draft::vault);
        return draft;
    }

    /** A configuration with one reference, made live. */
    private Vaults.Lookup live(String reference, Map<String, VaultConfig> entities) {
        Vaults.Draft draft = draft(entities);
        Vaults.Lookup lookup = draft.lookup(reference);
        draft.commit();
        return lookup;
    }

    private List<String> warnings() {
        return log.list.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Test
    void theEnvironmentHasVersionsPrefixesAndEntities() {
        Map<String, VaultConfig> entities = Map.of("mine", EnvVaultConfig.PLAIN.with("prefix", "my-"));

        assertThat(live("{vault://env/my-secret}", entities).current().get()).isEqualTo("current");
        assertThat(live("{vault://env/my-secret#2}", entities).current().get()).isEqualTo("before");
        assertThat(live("{vault://mine/secret}", entities).current().get()).isEqualTo("current");
        assertThat(live("{vault://mine/s?prefix=x-}", entities).current().get()).isEqualTo("prefixed");
        assertThat(live("{vault://env/my-secret#3}", entities).failure()).contains("versions 1 and 2");
    }

    @Test
    void aTypeWinsOverAnEntityOfThatName() {
        assertThat(live("{vault://env/my-secret}", Map.of("env", files())).failure())
                .isNull();
    }

    @Test
    void aVaultThatIsNotThereYieldsNothingUntilItIs() throws IOException {
        write("s3cret");
        Vaults.Lookup before = live(SECRET, Map.of());
        assertThat(before.failure()).isEqualTo("could not find vault (files)");
        assertThat(before.refused()).isFalse();
        assertThat(before.current().get()).isEmpty();

        Vaults.Lookup after = live(SECRET, Map.of("files", files()));

        assertThat(after.failure()).isNull();
        assertThat(before.current().get())
                .as("an instance that was carried over")
                .isEqualTo("s3cret");
    }

    @Test
    void vaultsThatKongHasAreRefusedByName() {
        for (String name : List.of("aws", "gcp", "azure", "hcv", "conjur", "konnect")) {
            Vaults.Lookup lookup = live("{vault://" + name + "/x}", Map.of());
            assertThat(lookup.refused()).isTrue();
            assertThat(lookup.failure())
                    .contains("'" + name + "' is valid in Kong but not built here (supported: env, fs)");
        }
        assertThat(live("{vault://fs/x}", Map.of()).failure()).contains("KONG_VAULT_FS_PREFIX");
    }

    @Test
    void aChangedFileIsSeenAtTheNextRotation() throws IOException {
        write("one");
        Supplier<String> secret = live(SECRET, Map.of("files", files())).current();
        write("two");
        assertThat(secret.get()).isEqualTo("one");

        pass(Duration.ofSeconds(60));

        assertThat(secret.get()).isEqualTo("two");
        assertThat(warnings()).isEmpty();
    }

    @Test
    void aValueIsNotReadAgainWithinItsTimeToLive() throws IOException {
        write("one");
        Supplier<String> secret =
                live(SECRET, Map.of("files", files().with("ttl", "120"))).current();
        write("two");

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEqualTo("one");

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEqualTo("two");
    }

    @Test
    void aFailureIsNotTriedAgainWithinItsOwnTimeToLive() throws IOException {
        Supplier<String> secret =
                live(SECRET, Map.of("files", files().with("neg_ttl", "120"))).current();
        write("late");

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEmpty();

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEqualTo("late");
    }

    @Test
    void aSecretThatIsGoneLivesOnForItsResurrectTime() throws IOException {
        write("one");
        Supplier<String> secret = live(SECRET, Map.of("files", files().with("resurrect_ttl", "100")))
                .current();
        Files.delete(folder.resolve("key"));

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEqualTo("one");

        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEmpty();

        write("two");
        pass(Duration.ofSeconds(60));
        assertThat(secret.get()).isEqualTo("two");
    }

    @Test
    void aFailureIsLoggedOnceAndNeverWithTheValue() throws IOException {
        write("one");
        live(SECRET, Map.of("files", files()));
        Files.write(folder.resolve("key"), new byte[] {(byte) 0xff});

        pass(Duration.ofSeconds(60));
        pass(Duration.ofSeconds(60));
        write("two");
        pass(Duration.ofSeconds(60));
        Files.delete(folder.resolve("key"));
        pass(Duration.ofSeconds(60));

        assertThat(warnings()).hasSize(2);
        assertThat(warnings().get(0)).contains("reference=" + SECRET, "not UTF-8", "kept=true");
        assertThat(log.list.toString()).doesNotContain("one").doesNotContain("two");
    }

    @Test
    void anInstanceThatIsCarriedOverFollowsItsVault() throws IOException {
        write("old folder");
        Supplier<String> first = live(SECRET, Map.of("files", files())).current();
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.writeString(other.resolve("key"), "new folder");
        Map<String, VaultConfig> moved = Map.of("files", FsVaultConfig.in(other.toString()));

        Vaults.Draft refused = draft(moved);
        assertThat(refused.lookup(SECRET).current().get()).isEqualTo("new folder");
        assertThat(first.get()).as("before the configuration is live").isEqualTo("old folder");

        Supplier<String> second = live(SECRET, moved).current();
        assertThat(first.get()).isEqualTo("new folder");

        Files.writeString(other.resolve("key"), "rotated");
        pass(Duration.ofSeconds(60));
        assertThat(first.get()).isEqualTo("rotated");
        assertThat(second.get()).isEqualTo("rotated");

        Supplier<String> third = live(SECRET, Map.of("files", files())).current();
        assertThat(List.of(first.get(), second.get(), third.get())).containsOnly("old folder");
    }

    @Test
    void whatIsNoLongerReferredToIsNotReadAnyMore() throws IOException {
        write("one");
        Supplier<String> secret = live(SECRET, Map.of("files", files())).current();
        live("{vault://env/my-secret}", Map.of());
        Files.delete(folder.resolve("key"));

        pass(Duration.ofSeconds(60));

        assertThat(secret.get()).as("for exchanges of a retired snapshot").isEqualTo("one");
        assertThat(warnings()).isEmpty();
    }
}
