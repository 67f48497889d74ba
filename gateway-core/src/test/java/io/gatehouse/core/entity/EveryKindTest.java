package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Environment;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One file with every kind of entity, nested and at the root. */
class EveryKindTest {
    private DeclarativeConfig loaded() {
        LoadResult result = ConfigLoader.loadText(
                "every-kind.yaml", Loading.text("every-kind.yaml"), Pems::variable, LoadOptions.defaults());
        assertThat(result.ok()).as("%s", result.problems()).isTrue();
        return result.config();
    }

    private static Object field(DeclarativeConfig config, EntityKind kind, String name, String field) {
        Entity entity = config.all(kind).stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
        return Objects.requireNonNull(entity.fields().get(field));
    }

    @Test
    void listsEveryKindWithItsPlaceTagsAndFields() {
        DeclarativeConfig config = loaded();

        Set<EntityKind> found = EnumSet.noneOf(EntityKind.class);
        for (EntityKind kind : EntityKind.values()) {
            for (Entity entity : config.all(kind)) {
                found.add(kind);
                assertThat(Ids.isValid(entity.id())).isTrue();
                assertThat(entity.fields().get("id")).isEqualTo(entity.id());
                assertThat(entity.fields().keySet()).contains("id");
                assertThat(entity.location().line()).isGreaterThan(1);
                assertThat(entity.path()).contains("[");
                assertThat(config.find(kind, entity.id())).isSameAs(entity);
            }
        }
        assertThat(found).containsExactlyInAnyOrder(EntityKind.values());
        assertThat(Objects.requireNonNull(config.find(EntityKind.SERVICE, "shop"))
                        .tags())
                .containsExactly("team-a");
        assertThat(Objects.requireNonNull(config.find(EntityKind.SERVICE, "shop"))
                        .path())
                .isEqualTo("services[0]");
    }

    @Test
    void saysNothingOfAFileThatIsGood() {
        LoadResult result = ConfigLoader.loadText(
                "every-kind.yaml", Loading.text("every-kind.yaml"), Pems::variable, LoadOptions.defaults());

        assertThat(result.problems()).isEmpty();
    }

    @Test
    void referencesAreIdsHoweverTheFileSaysThem() {
        DeclarativeConfig config = loaded();
        String bob = Objects.requireNonNull(config.consumer("bob")).id();

        for (EntityKind kind : EntityKind.values()) {
            if (kind.isCredential()) {
                assertThat(config.all(kind))
                        .extracting(entity -> entity.fields().get("consumer"))
                        .contains(bob);
            }
        }
        assertThat(config.consumerGroups())
                .extracting(ConsumerGroupEntity::name)
                .containsExactly("gold", "silver");
        assertThat(config.consumerGroupConsumers()).hasSize(3);
        assertThat(config.plugins())
                .filteredOn(plugin -> plugin.consumerGroupId() != null)
                .extracting(PluginEntity::name)
                .containsExactly("rate-limiting", "response-transformer");
        String upstream = Objects.requireNonNull(config.find(EntityKind.UPSTREAM, "pool.internal"))
                .id();
        assertThat(config.all(EntityKind.TARGET))
                .extracting(
                        Entity::name,
                        entity -> entity.fields().get("upstream"),
                        entity -> entity.fields().get("weight"))
                .containsExactly(
                        tuple("10.0.0.1:8000", upstream, 100),
                        tuple("[0000:0000:0000:0000:0000:0000:0000:0001]:8000", upstream, 0),
                        tuple("a.internal:81", upstream, 5));
        assertThat(config.all(EntityKind.SNI))
                .extracting(Entity::name)
                .containsExactly("a.example.com", "*.b.example.com", "c.example.com");
    }

    @Test
    void defaultsAreThoseOfTheRecords() {
        DeclarativeConfig config = loaded();

        assertThat(field(config, EntityKind.UPSTREAM, "pool.internal", "algorithm"))
                .isEqualTo("consistent-hashing");
        assertThat(String.valueOf(field(config, EntityKind.UPSTREAM, "pool.internal", "healthchecks")))
                .contains("http_statuses=[200, 302]", "concurrency=10", "interval=5.0", "threshold=0.0");
        assertThat(field(config, EntityKind.JWT, "bob-issuer", "algorithm")).isEqualTo("HS256");
        assertThat(field(config, EntityKind.OAUTH2, "bob-app", "client_type")).isEqualTo("confidential");
        assertThat(((KeyauthCredential) config.all(EntityKind.KEYAUTH).get(0).value()).ttl())
                .isEqualTo(3600);
    }

    @Test
    void secretsStaySecretsAndReferencesAreNotResolvedWhereKongDoesNot() {
        DeclarativeConfig config = loaded();

        Secret password = (Secret) field(config, EntityKind.BASICAUTH, "bob", "password");
        assertThat(password.value()).isEqualTo("{vault://env/password}");
        assertThat(password.reference()).isNull();
        for (EntityKind kind : EntityKind.values()) {
            assertThat(config.all(kind).toString()).doesNotContain("hunter2", "PRIVATE KEY");
        }
    }

    @Test
    void partialsStandInTheConfigOfThePluginsThatUseThem() {
        DeclarativeConfig config = loaded();

        assertThat(config.plugins())
                .filteredOn(plugin -> !plugin.partials().isEmpty())
                .extracting(plugin -> plugin.config().toData())
                .containsExactly(
                        Map.of("minute", 5L, "redis", Map.of("host", "redis.internal", "port", 6380L)),
                        Map.of(
                                "strategy",
                                "redis",
                                "store",
                                Map.of("redis", Map.of("host", "redis.internal", "port", 6380L))));
    }

    @Test
    void idsFollowKongsNaming() {
        DeclarativeConfig config = loaded();
        String upstream = Objects.requireNonNull(config.find(EntityKind.UPSTREAM, "pool.internal"))
                .id();

        assertThat(upstream).isEqualTo(Ids.of("upstreams", "pool.internal"));
        assertThat(config.all(EntityKind.TARGET))
                .extracting(Entity::id)
                .contains(Ids.of("targets", "targets:*:" + upstream + ":a.internal:81"));
        assertThat(config.all(EntityKind.VAULT))
                .extracting(Entity::id)
                .containsExactly(Ids.of("vaults", "vaults:*:my-env"));
        assertThat(config.all(EntityKind.BASICAUTH))
                .extracting(Entity::id)
                .containsExactly(Ids.of("basicauth_credentials", "basicauth_credentials:*:bob"));
        DeclarativeConfig again = ConfigLoader.loadText(
                        "every-kind.yaml", Loading.text("every-kind.yaml"), Pems::variable, LoadOptions.defaults())
                .config();
        assertThat(again.fingerprint()).isEqualTo(config.fingerprint());
        for (EntityKind kind : EntityKind.values()) {
            assertThat(again.all(kind)).isEqualTo(config.all(kind));
        }
    }

    @Test
    void anotherSecretIsAnotherFingerprint() {
        String text = """
                _format_version: "3.0"
                consumers:
                - username: a
                  basicauth_credentials:
                  - {id: 0b1c2d3e-0000-4000-8000-000000000001, username: a, password: %s}
                """;

        assertThat(List.of(
                        ConfigLoader.loadText("f", text.formatted("one"), Environment.empty(), LoadOptions.defaults())
                                .config()
                                .fingerprint(),
                        ConfigLoader.loadText("f", text.formatted("two"), Environment.empty(), LoadOptions.defaults())
                                .config()
                                .fingerprint()))
                .doesNotHaveDuplicates();
    }
}
