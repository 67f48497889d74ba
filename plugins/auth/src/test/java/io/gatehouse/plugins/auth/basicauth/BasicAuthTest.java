package io.gatehouse.plugins.auth.basicauth;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.config.Secret;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BasicAuthTest {
    private static final String PASSWORD = "op:en ses\u00e1me";

    private final List<PluginTester> open = new ArrayList<>();

    @AfterEach
    void closesCleanlyAndNeverLogsAPassword() {
        for (PluginTester tester : open) {
            tester.close();
            assertThat(tester.log().text()).doesNotContain(PASSWORD).doesNotContain(encoded("bob:" + PASSWORD));
        }
    }

    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(tester("").config()).isEqualTo(new BasicAuthConfig(null, true, "service"));
    }

    @Test
    void mapsEveryField() {
        assertThat(tester("{anonymous: guest, hide_credentials: false, realm: desk}")
                        .config())
                .isEqualTo(new BasicAuthConfig("guest", false, "desk"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{brute_force_protection: {strategy: \"off\"}, principals: {enabled: false}}",
                "{brute_force_protection: {strategy: \"off\"}}",
                "{principals: {enabled: false}}",
            })
    void takesWhatIsNotBuiltWhereItIsSwitchedOff(String yaml) {
        assertThat(tester(yaml).problems()).isEmpty();
        assertThat(tester(yaml).config()).isEqualTo(new BasicAuthConfig(null, true, "service"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "brute_force_protection: {strategy: memory}|brute_force_protection",
                "principals: {enabled: true}|principals",
                "realm: \"a\\nb\"|realm",
                "encrypt: true|encrypt",
            })
    void refusesByName(String yaml, String field) {
        assertThat(tester(yaml).problems()).singleElement().asString().contains(field);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic ", "basic ", "BASIC ", "Basic", "  Basic \t  "})
    void letsAKnownLoginIn(String scheme) {
        TestExchange exchange = tester("")
                .get("/x")
                .header("Authorization", scheme + encoded("bob:" + PASSWORD))
                .header("X-Consumer-Username", "admin")
                .header("X_Credential_Identifier", "admin")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.exchange().credential()).isNotNull();
        var headers = exchange.upstreamRequest().headers();
        assertThat(headers.getAll("X-Consumer-Username")).containsExactly("robert");
        assertThat(headers.get("X-Consumer-ID"))
                .isEqualTo(
                        Objects.requireNonNull(exchange.exchange().consumer()).id());
        assertThat(headers.get("X-Credential-Identifier")).isEqualTo("bob");
        assertThat(headers.contains("X_Credential_Identifier")).isFalse();
        assertThat(headers.contains("X-Anonymous-Consumer")).isFalse();
        assertThat(headers.contains("Authorization")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "=", "==", "==="})
    void countsNoPadding(String padding) {
        String whole = encoded("bob:" + PASSWORD);
        String bare = whole.substring(0, whole.indexOf('='));

        assertThat(tester("")
                        .get("/")
                        .header("Authorization", "Basic " + bare + padding)
                        .send()
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "foobar",
                "Basic",
                "Basic ",
                "Basic foobar",
                "Basic !!!",
                "Bearer Ym9iOnRlc3Q=",
                "Basic Ym9i", // bob
                "Basic Ym9iOg==", // bob:
                "Basic Ym9iOndyb25n", // bob:wrong
                "Basic Om9wOmVu", // :op:en
                "Basic Og==", // :
                "Basic Ym9iOm9wOmVuIHNlc+FtZQ==", // the password in Latin-1
                "Basic Qk9COm9wOmVuIHNlc8OhbWU=", // BOB with the password
            })
    void refusesOthersWithOneText(String value) {
        PluginTester tester = tester("");

        for (String header : List.of("Authorization", "Proxy-Authorization")) {
            TestExchange exchange = tester.get("/").header(header, value).send();

            refused(exchange);
            assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Basic realm=\"service\"");
        }
    }

    @Test
    void refusesARequestWithoutLogin() {
        TestExchange exchange = tester("realm: desk \"one\"").get("/").send();

        refused(exchange);
        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Basic realm=\"desk \\\"one\\\"\"");
    }

    @Test
    void readsProxyAuthorizationFirstAndLeavesTheOtherHeaderToTheUpstream() {
        TestExchange exchange = tester("")
                .get("/")
                .header("Proxy-Authorization", "Basic " + encoded("bob:" + PASSWORD))
                .header("Authorization", "Basic " + encoded("app:its own"))
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().headers().contains("Proxy-Authorization"))
                .isFalse();
        assertThat(exchange.upstreamRequest().header("Authorization")).isEqualTo("Basic " + encoded("app:its own"));
    }

    @Test
    void readsAuthorizationWhenTheOtherHeaderNamesNobody() {
        PluginTester tester = tester("");
        String known = "Basic " + encoded("bob:" + PASSWORD);

        assertThat(tester.get("/")
                        .header("Proxy-Authorization", "Basic " + encoded("nobody:x"))
                        .header("Authorization", known)
                        .send()
                        .status())
                .isEqualTo(200);
        refused(tester.get("/")
                .header("Proxy-Authorization", "Basic " + encoded("bob:wrong"))
                .header("Authorization", known)
                .send());
    }

    @Test
    void hidesOnlyItsOwnScheme() {
        PluginTester tester = tester("anonymous: guest");
        tester.directory().add("guest");

        for (String other : List.of("Bearer abc", "hmac username=\"x\"")) {
            assertThat(tester.get("/")
                            .header("Authorization", other)
                            .send()
                            .upstreamRequest()
                            .header("Authorization"))
                    .isEqualTo(other);
        }
    }

    @Test
    void leavesTheLoginInWhenToldTo() {
        String value = "Basic " + encoded("bob:" + PASSWORD);

        TestExchange exchange = tester("hide_credentials: false")
                .get("/")
                .header("Authorization", value)
                .send();

        assertThat(exchange.upstreamRequest().header("Authorization")).isEqualTo(value);
    }

    @Test
    void makesAClientThatFailsTheAnonymousConsumer() {
        PluginTester tester = tester("anonymous: guest");
        tester.directory().add("guest");

        for (TestRequest request :
                List.of(tester.get("/"), tester.get("/").header("Authorization", "Basic " + encoded("bob:wrong")))) {
            TestExchange exchange = request.send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.exchange().credential()).isNull();
            assertThat(exchange.upstreamRequest().header("X-Anonymous-Consumer"))
                    .isEqualTo("true");
            assertThat(exchange.upstreamRequest().header("X-Consumer-Username")).isEqualTo("guest");
            assertThat(exchange.upstreamRequest().headers().contains("Authorization"))
                    .isFalse();
        }
    }

    @Test
    void answers500WhenTheAnonymousConsumerIsMissing() {
        TestExchange exchange = tester("anonymous: nobody").get("/").send();

        assertThat(exchange.status()).isEqualTo(500);
        assertThat(exchange.message()).isEqualTo("anonymous consumer nobody is configured but doesn't exist");
    }

    @Test
    void withAnonymousItLetsAClientPassThatAnotherPluginKnowsAndWithoutItDoesNot() {
        for (boolean or : List.of(true, false)) {
            PluginTester tester = tester(or ? "anonymous: guest" : "");
            Consumer carol = tester.directory().add("carol");
            Credential known = new Credential("id", "keyauth_credentials", carol, Map.of());

            TestExchange exchange = tester.get("/").credential(known).send();

            assertThat(exchange.status()).isEqualTo(or ? 200 : 401);
            assertThat(exchange.exchange().consumer()).isEqualTo(carol);
        }
    }

    @Test
    void theLogShowsNoLogin() {
        PluginTester tester = tester("").create();

        assertThat(tester.redaction().headers())
                .map(String::toLowerCase)
                .contains("authorization", "proxy-authorization");
    }

    private PluginTester tester(String yaml) {
        PluginTester tester = PluginTester.ofYaml(new BasicAuthFactory(), yaml);
        open.add(tester);
        login(tester, tester.directory().add("robert"), "bob", PASSWORD);
        return tester;
    }

    private static void login(PluginTester tester, Consumer consumer, String username, String password) {
        tester.directory()
                .add(
                        username,
                        new Credential(
                                "id-of-" + username,
                                BasicAuth.CREDENTIALS,
                                consumer,
                                Map.of("username", username),
                                Map.of("password", Secret.literal(password))));
    }

    private static String encoded(String login) {
        return Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(TestExchange exchange) {
        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.message()).isEqualTo("Unauthorized");
        assertThat(exchange.upstreamRequests()).isEmpty();
    }
}
