package io.gatehouse.core.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.JsonTree;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EntityDirectoryTest {
    private static final String FILE = """
            _format_version: "3.0"
            consumer_groups: [{name: silver}, {name: gold}]
            consumers:
              - username: bob
                groups: [{name: silver}, {name: gold}]
                keyauth_credentials: [{key: short, ttl: 10}, {key: long}, {key: also-long, ttl: 0}]
                basicauth_credentials: [{username: bob-basic, password: hunter2}]
                hmacauth_credentials: [{username: bob-hmac, secret: hunter3}]
                jwt_secrets: [{key: bob-issuer, secret: hunter4, algorithm: HS512, tags: [a]}]
                acls: [{group: readers}, {group: admins}]
              - username: eve
            """;

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private final EntityDirectory directory = directory(FILE);

    private EntityDirectory directory(String file) {
        LoadResult result = ConfigLoader.loadText("f.yaml", file, Environment.empty(), LoadOptions.defaults());
        assertThat(result.problems()).isEmpty();
        return directory(result.config(), DeclarativeConfig.empty(), null);
    }

    private EntityDirectory directory(
            DeclarativeConfig config, DeclarativeConfig old, @Nullable EntityDirectory before) {
        return directory(config, old, before, Instant.ofEpochSecond(1_700_000_100));
    }

    private EntityDirectory directory(
            DeclarativeConfig config, DeclarativeConfig old, @Nullable EntityDirectory before, Instant now) {
        return EntityDirectory.of(config, old, before, Clock.fixed(now, ZoneOffset.UTC), clock::get);
    }

    private Consumer consumer(String name) {
        return Objects.requireNonNull(directory.consumer(name));
    }

    private Credential credential(String type, String key) {
        return Objects.requireNonNull(directory.credential(type, key), type);
    }

    @Test
    void findsCredentialsOfEveryTypeByWhatTheClientSends() {
        assertThat(credential("keyauth_credentials", "long").consumer()).isEqualTo(consumer("bob"));
        Credential basic = credential("basicauth_credentials", "bob-basic");
        assertThat(Objects.requireNonNull(basic.secret("password")).value()).isEqualTo("hunter2");
        assertThat(basic.text("username")).isEqualTo("bob-basic");
        assertThat(Objects.requireNonNull(
                                credential("hmacauth_credentials", "bob-hmac").secret("secret"))
                        .value())
                .isEqualTo("hunter3");
        Credential jwt = credential("jwt_secrets", "bob-issuer");
        assertThat(jwt.fields()).containsEntry("algorithm", "HS512").doesNotContainKeys("id", "consumer", "secret");
        assertThat(jwt.text("rsa_public_key")).isNull();
        assertThat(directory.credential("jwt_secrets", "long")).isNull();
        assertThat(directory.credential("acls", "admins")).isNull();
        assertThat(directory.credential("nothing", "x")).isNull();
    }

    @Test
    void theTimeOfAKeyBeginsWhenItWasMade() {
        EntityDirectory aged = directory("""
                _format_version: "3.0"
                consumers:
                  - username: bob
                    keyauth_credentials:
                      - {key: over, ttl: 100, created_at: 1700000000}
                      - {key: nearly, ttl: 103, created_at: 1700000000}
                      - {key: ahead, ttl: 3, created_at: 1800000000}
                """);

        assertThat(aged.credential("keyauth_credentials", "over")).isNull();
        assertThat(aged.credential("keyauth_credentials", "nearly")).isNotNull();
        clock.addAndGet(TimeUnit.SECONDS.toNanos(3) - 1);
        assertThat(aged.credential("keyauth_credentials", "nearly")).isNotNull();
        assertThat(aged.credential("keyauth_credentials", "ahead")).isNotNull();
        clock.incrementAndGet();
        assertThat(aged.credential("keyauth_credentials", "nearly")).isNull();
        assertThat(aged.credential("keyauth_credentials", "ahead")).isNull();
    }

    @Test
    void aKeyWithoutATimeIsAsOldAsItsFileWhateverIsEditedBesideIt() {
        DeclarativeConfig file = ConfigLoader.loadText("f.yaml", FILE, Environment.empty(), LoadOptions.defaults())
                .config();
        EntityDirectory first = directory(file, DeclarativeConfig.empty(), null, file.since());
        Entity bob = Objects.requireNonNull(file.find(EntityKind.CONSUMER, "bob"));
        ConfigNode.Mapping renamed = bob.node().with("custom_id", ConfigNode.string(bob.location(), "custom_id", "b"));
        DeclarativeConfig edited = ConfigLoader.edit(
                        file, List.of(new EntityEdit(EntityKind.CONSUMER, bob.id(), renamed)), LoadOptions.defaults())
                .config();

        clock.addAndGet(TimeUnit.SECONDS.toNanos(4));
        EntityDirectory second = directory(edited, file, first, file.since().plusSeconds(4));

        assertThat(Objects.requireNonNull(second.consumer("bob")).customId()).isEqualTo("b");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(6) - 1);
        assertThat(second.credential("keyauth_credentials", "short")).isNotNull();
        clock.addAndGet(1);
        assertThat(second.credential("keyauth_credentials", "short")).isNull();
    }

    @Test
    void theKeyThatACredentialIsFoundByIsNotInIt() {
        Credential key = credential("keyauth_credentials", "long");

        assertThat(key.secret("key")).isNull();
        assertThat(key.fields().toString()).doesNotContain("long");
        assertThat(credential("basicauth_credentials", "bob-basic").toString()).doesNotContain("hunter2", "bob-basic");
    }

    @Test
    void aKeyIsGoodUntilItsTimeIsOverEvenWhereTheClockWrapsAround() {
        assertThat(directory.credential("keyauth_credentials", "short")).isNotNull();

        clock.addAndGet(TimeUnit.SECONDS.toNanos(10) - 1);
        assertThat(directory.credential("keyauth_credentials", "short")).isNotNull();
        clock.addAndGet(1);
        assertThat(directory.credential("keyauth_credentials", "short")).isNull();
        assertThat(directory.credential("keyauth_credentials", "also-long")).isNotNull();
    }

    @Test
    void listsWhatAConsumerHas() {
        assertThat(directory.credentials("acls", consumer("bob")))
                .extracting(acl -> acl.text("group"))
                .containsExactly("readers", "admins");
        assertThat(directory.credentials("acls", consumer("eve"))).isEmpty();
        assertThat(directory.credentials("keyauth_credentials", consumer("bob")))
                .hasSize(3);
    }

    @Test
    void listsTheGroupsOfAConsumerByName() {
        assertThat(directory.groups(consumer("bob")))
                .extracting(ConsumerGroup::name)
                .containsExactly("gold", "silver");
        assertThat(directory.groups(consumer("eve"))).isEmpty();
    }

    @Test
    void saysTheSameAfterEditsAsOneThatIsMadeAnew() throws IOException {
        Random random = new Random(8);
        DeclarativeConfig config = DeclarativeConfig.empty();
        EntityDirectory edited = directory(config, config, null);
        int accepted = 0;
        for (int round = 0; round < 600; round++) {
            List<EntityEdit> edits = new ArrayList<>();
            Set<String> places = new HashSet<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                EntityEdit edit = edit(random);
                if (places.add(edit.place())) {
                    edits.add(edit);
                }
            }
            LoadResult result = ConfigLoader.edit(config, edits, LoadOptions.defaults());
            if (!result.ok()) {
                continue;
            }
            accepted++;
            edited = directory(result.config(), config, edited);
            config = result.config();

            assertThat(facts(edited)).isEqualTo(facts(directory(config, config, null)));
        }
        assertThat(accepted).isGreaterThan(100);
    }

    private static String id(String kind, int number) {
        return "%s000000-0000-4000-8000-%012d".formatted(kind, number);
    }

    private static EntityEdit edit(Random random) throws IOException {
        int number = random.nextInt(6);
        String owner = ",\"consumer\":\"" + id("d0", random.nextInt(4)) + "\"";
        // ids of entities of two kinds may be the same
        return switch (random.nextInt(6)) {
            case 0, 1 ->
                edit(random, EntityKind.CONSUMER, id("d0", number % 4), ",\"username\":\"u" + random.nextInt(5) + "\"");
            case 2 ->
                edit(random, EntityKind.KEYAUTH, id("e0", number), owner + ",\"key\":\"k" + random.nextInt(8) + "\"");
            case 3 ->
                edit(random, EntityKind.ACL, id("e0", number), owner + ",\"group\":\"g" + random.nextInt(4) + "\"");
            case 4 -> edit(random, EntityKind.CONSUMER_GROUP, id("a0", number % 2), ",\"name\":\"n" + number + "\"");
            default ->
                edit(
                        random,
                        EntityKind.CONSUMER_GROUP_CONSUMER,
                        id("b0", number),
                        owner + ",\"consumer_group\":\"" + id("a0", random.nextInt(2)) + "\"");
        };
    }

    private static EntityEdit edit(Random random, EntityKind kind, String id, String fields) throws IOException {
        ConfigNode.Mapping said = (ConfigNode.Mapping)
                JsonTree.read("{\"id\":\"" + id + "\"" + fields + "}", new Location("t", 1, 1), false);
        return new EntityEdit(kind, id, random.nextInt(4) == 0 ? null : said);
    }

    private static List<String> facts(EntityDirectory directory) {
        List<String> facts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Consumer consumer = directory.consumer(id("d0", i));
            if (consumer != null) {
                facts.add(consumer.id() + ' ' + consumer.username() + ' ' + directory.groups(consumer));
                for (String type : List.of("keyauth_credentials", "acls")) {
                    for (Credential credential : directory.credentials(type, consumer)) {
                        assertThat(credential.consumer()).isSameAs(consumer);
                        facts.add(type + ' ' + credential.id() + ' ' + credential.fields());
                    }
                }
            }
        }
        for (int i = 0; i < 8; i++) {
            Consumer named = directory.consumer("u" + i);
            Credential found = directory.credential("keyauth_credentials", "k" + i);
            facts.add("u" + i + ' ' + (named == null ? "" : named.id()));
            facts.add("k" + i + ' '
                    + (found == null ? "" : found.id() + ' ' + found.consumer().id()));
        }
        return facts;
    }
}
