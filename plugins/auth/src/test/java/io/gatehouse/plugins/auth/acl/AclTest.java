package io.gatehouse.plugins.auth.acl;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AclTest {
    private final List<PluginTester> open = new ArrayList<>();

    @AfterEach
    void closesCleanly() {
        open.forEach(PluginTester::close);
    }

    @Test
    void mapsEveryField() {
        assertThat(tester("allow: [a]").config())
                .isEqualTo(new AclConfig(List.of("a"), List.of(), false, false, false));
        assertThat(tester("{deny: [a, b], hide_groups_header: true, always_use_authenticated_groups: true,"
                                + " include_consumer_groups: true}")
                        .config())
                .isEqualTo(new AclConfig(List.of(), List.of("a", "b"), true, true, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|at least one of these fields must be non-empty: 'config.allow', 'config.deny'",
                "{allow: [], deny: []}|at least one of these fields must be non-empty: 'config.allow', 'config.deny'",
                "{allow: [a], deny: [b]}|only one of these fields must be non-empty: 'config.allow', 'config.deny'",
                "{allow: [a], whitelist: [b]}|whitelist",
            })
    void wantsOneOfTheLists(String yaml, String problem) {
        assertThat(tester(yaml).problems()).singleElement().asString().contains(problem);
    }

    /** Groups are written with a plus between them; a dash stands for none. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // config, groups of the consumer, status, what the upstream is told
                "allow: [admin]|admin|200|admin",
                "allow: [admin]|pro|403|-",
                "allow: [admin]|-|403|-",
                "allow: [admin, pro]|pro+hello|200|pro, hello",
                "allow: [admin]|pro+hello|403|-",
                "allow: [m\u00fcller]|m\u00fcller+\u65e5|200|m\u00c3\u00bcller, \u00e6\u0097\u00a5",
                "allow: [admin]|Admin|403|-",
                "deny: [admin]|admin|403|-",
                "deny: [admin]|pro|200|pro",
                "deny: [admin]|-|200|-",
                "deny: [admin, pro]|hello+pro|403|-",
                "{allow: [admin], hide_groups_header: true}|admin|200|-",
                "{deny: [admin], hide_groups_header: true}|pro|200|-",
            })
    void decidesByTheGroupsOfAConsumer(String yaml, @Nullable String groups, int status, @Nullable String told) {
        PluginTester tester = tester(yaml);
        Consumer alice = consumer(tester, groups);

        TestExchange exchange = forged(tester).credential(credential(alice)).send();

        assertThat(exchange.status()).isEqualTo(status);
        if (status == 200) {
            assertToldOnly(exchange, told, null);
        } else {
            assertThat(exchange.message()).isEqualTo("You cannot consume this service");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "allow: [admin]|admin|200",
                "allow: [admin]|pro|403",
                "allow: [admin]||403",
                "deny: [admin]|admin|403",
                "deny: [admin]|pro|200",
                "deny: [admin]||200",
                "allow: [admin]|pro+admin|200",
                "{allow: [admin], hide_groups_header: true}|admin|200",
            })
    void decidesByTheGroupsThatAnAuthPluginFound(String yaml, @Nullable String groups, int status) {
        for (boolean anonymous : List.of(true, false)) {
            PluginTester tester = tester(yaml);
            List<String> found = groups == null || groups.isEmpty() ? List.of() : List.of(groups.split("\\+", -1));
            TestRequest request = forged(tester).attribute(Exchange.AUTHENTICATED_GROUPS, found);
            if (anonymous) {
                request.consumer(consumer(tester, "other"));
            }

            TestExchange exchange = request.send();

            assertThat(exchange.status()).isEqualTo(status);
            if (status == 200) {
                boolean told = !found.isEmpty() && !yaml.contains("hide");
                assertToldOnly(exchange, null, told ? String.join(", ", found) : null);
            }
        }
    }

    @Test
    void takesTheGroupsOfAKnownConsumerUnlessToldToUseTheFoundOnes() {
        for (boolean always : List.of(true, false)) {
            PluginTester tester = tester("{allow: [own], always_use_authenticated_groups: " + always + "}");
            Credential known = credential(consumer(tester, "own"));

            TestExchange both = tester.get("/")
                    .credential(known)
                    .attribute(Exchange.AUTHENTICATED_GROUPS, List.of("found"))
                    .send();

            assertThat(both.status()).isEqualTo(always ? 403 : 200);
            assertThat(tester.get("/").credential(known).send().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"allow: [admin]", "deny: [admin]"})
    void refusesAClientThatNobodyKnows(String yaml) {
        TestExchange exchange = tester(yaml).get("/").send();

        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.message()).isEqualTo("Unauthorized");
    }

    @Test
    void knowsAnAnonymousConsumerByItsGroupsOnly() {
        PluginTester tester = tester("allow: [guests]");
        PluginTester denying = tester("deny: [admin]");

        TestExchange grouped =
                tester.get("/").consumer(consumer(tester, "guests")).send();
        TestExchange other = tester.get("/").consumer(consumer(tester, "pro")).send();
        TestExchange bare =
                tester.get("/").consumer(tester.directory().add("nobody")).send();

        assertThat(grouped.status()).isEqualTo(200);
        assertToldOnly(grouped, "guests", null);
        assertThat(other.status()).isEqualTo(403);
        assertThat(bare.status()).isEqualTo(401);
        assertThat(denying.get("/")
                        .consumer(denying.directory().add("nobody"))
                        .send()
                        .status())
                .isEqualTo(200);
    }

    @Test
    void countsConsumerGroupsWhenToldTo() {
        for (boolean included : List.of(true, false)) {
            PluginTester tester = tester("{allow: [gold], include_consumer_groups: " + included + "}");
            Consumer alice = consumer(tester, "pro");
            tester.directory().addToGroup(alice, "gold");

            TestExchange exchange =
                    tester.get("/").credential(credential(alice)).send();

            assertThat(exchange.status()).isEqualTo(included ? 200 : 403);
            if (included) {
                assertToldOnly(exchange, "pro, gold", null);
            }
        }
    }

    @Test
    void aDeniedConsumerGroupKeepsAClientOut() {
        PluginTester tester = tester("{deny: [gold], include_consumer_groups: true}");
        Consumer alice = tester.directory().add("alice");
        tester.directory().addToGroup(alice, "gold");

        assertThat(tester.get("/").credential(credential(alice)).send().status())
                .isEqualTo(403);
    }

    private PluginTester tester(String yaml) {
        PluginTester tester = PluginTester.ofYaml(new AclFactory(), yaml);
        open.add(tester);
        return tester;
    }

    private static Consumer consumer(PluginTester tester, @Nullable String groups) {
        Consumer consumer = tester.directory().add("with " + groups);
        if (groups != null) {
            for (String group : groups.split("\\+", -1)) {
                tester.directory().add(new Credential("id-of-" + group, Acl.GROUPS, consumer, Map.of("group", group)));
            }
        }
        return consumer;
    }

    private static Credential credential(Consumer consumer) {
        return new Credential("id", "keyauth_credentials", consumer, Map.of());
    }

    /** A client that says itself in which groups it is, in every spelling. */
    private static TestRequest forged(PluginTester tester) {
        return tester.get("/")
                .header("X-Consumer-Groups", "root")
                .header("x_consumer_groups", "root")
                .header("X-Authenticated-Groups", "root")
                .header("X-Authenticated_Groups", "root")
                .header("Connection", "X-Consumer-Groups, x-authenticated-groups");
    }

    private static void assertToldOnly(
            TestExchange exchange, @Nullable String consumerGroups, @Nullable String authenticatedGroups) {
        var headers = exchange.upstreamRequest().headers();
        assertThat(headers.get("X-Consumer-Groups")).isEqualTo(consumerGroups);
        assertThat(headers.get("X-Authenticated-Groups")).isEqualTo(authenticatedGroups);
        assertThat(headers.contains("x_consumer_groups")).isFalse();
        assertThat(headers.contains("X-Authenticated_Groups")).isFalse();
        assertThat(headers.contains("Connection")).isFalse();
    }
}
