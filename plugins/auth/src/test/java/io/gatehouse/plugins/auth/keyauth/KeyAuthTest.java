package io.gatehouse.plugins.auth.keyauth;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyAuthTest {
    private static final String KEY = "s3cr3t-key";

    private final List<PluginTester> open = new ArrayList<>();

    @AfterEach
    void closesCleanlyAndNeverLogsAKey() {
        for (PluginTester tester : open) {
            tester.close();
            assertThat(tester.log().text()).doesNotContain(KEY);
        }
    }

    @Test
    void letsAKnownKeyInAndTellsTheUpstreamWhoItIs() {
        PluginTester tester = tester("");

        TestExchange exchange = tester.get("/x").header("apikey", KEY).send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(consumer(exchange).username()).isEqualTo("alice");
        assertThat(exchange.exchange().credential()).isNotNull();
        assertThat(exchange.upstreamRequest().header("X-Consumer-Username")).isEqualTo("alice");
        assertThat(exchange.upstreamRequest().header("X-Consumer-ID"))
                .isEqualTo(consumer(exchange).id());
        assertThat(exchange.upstreamRequest().header("X-Credential-Identifier"))
                .isEqualTo(
                        Objects.requireNonNull(exchange.exchange().credential()).id());
        assertThat(exchange.upstreamRequest().headers().contains("X-Consumer-Custom-ID"))
                .isFalse();
        assertThat(exchange.upstreamRequest().headers().contains("X-Anonymous-Consumer"))
                .isFalse();
    }

    @Test
    void tellsTheCustomIdWhereThereIsOne() {
        PluginTester tester = tester("");
        Consumer bob = tester.directory().add(new Consumer("id-of-bob", null, "bob-42", List.of()));
        tester.directory().add(KeyAuth.CREDENTIALS, "bobs", bob);

        TestExchange exchange = tester.get("/").header("apikey", "bobs").send();

        assertThat(exchange.upstreamRequest().header("X-Consumer-Custom-ID")).isEqualTo("bob-42");
        assertThat(exchange.upstreamRequest().headers().contains("X-Consumer-Username"))
                .isFalse();
    }

    @Test
    void tellsNamesInUtf8() {
        PluginTester tester = tester("");
        Consumer miller = tester.directory().add(new Consumer("id", "\u00fc\u65e5", "m\u00fcller", List.of()));
        tester.directory().add(KeyAuth.CREDENTIALS, "millers", miller);

        var headers = tester.get("/")
                .header("apikey", "millers")
                .send()
                .upstreamRequest()
                .headers();

        assertThat(headers.get("X-Consumer-Username")).isEqualTo("\u00c3\u00bc\u00e6\u0097\u00a5");
        assertThat(headers.get("X-Consumer-Custom-ID")).isEqualTo("m\u00c3\u00bcller");
    }

    @Test
    void rejectsARequestWithoutKey() {
        TestExchange exchange = tester("").get("/").send();

        refused(exchange, 401, "No API key found in request");
        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Key");
    }

    @Test
    void rejectsAnEmptyKeyAsNone() {
        refused(tester("").get("/").header("apikey", "").send(), 401, "No API key found in request");
        refused(tester("").get("/?apikey=").send(), 401, "No API key found in request");
        refused(tester("").get("/?apikey").send(), 401, "No API key found in request");
    }

    @Test
    void rejectsAnUnknownKey() {
        TestExchange exchange = tester("").get("/").header("apikey", "wrong").send();

        refused(exchange, 401, "Unauthorized");
        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Key");
    }

    @Test
    void rejectsDuplicateKeys() {
        refused(tester("").get("/").header("apikey", KEY).header("apikey", KEY).send(), 401, "Duplicate API key found");
        refused(tester("").get("/?apikey=a&apikey=b").send(), 401, "Duplicate API key found");
    }

    @Test
    void namesTheRealm() {
        TestExchange exchange = tester("realm: desk \"one\"").get("/").send();

        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Key realm=\"desk \\\"one\\\"\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000b", "a\r\nX-Consumer-Username: admin", "\u00e9\ud83d\ude00", "' or 1=1 --"})
    void rejectsStrangeKeys(String key) {
        // control characters cannot stand in a header: the server refuses such a request itself
        if (key.chars().noneMatch(c -> c < ' ')) {
            refused(tester("").get("/").header("apikey", key).send(), 401, "Unauthorized");
        }
        String escaped = URLEncoder.encode(key, StandardCharsets.UTF_8);
        refused(tester("").get("/?apikey=" + escaped).send(), 401, "Unauthorized");
    }

    @Test
    void rejectsHugeKeys() {
        refused(tester("").get("/").header("apikey", "k".repeat(64 * 1024)).send(), 401, "Unauthorized");
        refused(tester("").get("/?apikey=" + "%41".repeat(64 * 1024)).send(), 401, "Unauthorized");
    }

    @Test
    void findsAKeyInTheQueryInAnySpelling() {
        TestExchange exchange =
                tester("").get("/p?a=1&%61pikey=s3cr3t%2Dkey&b=%20x").send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().uri()).isEqualTo("/p?a=1&b=%20x");
    }

    @Test
    void dropsTheQuestionMarkWithTheLastArgument() {
        assertThat(tester("").get("/p?apikey=" + KEY).send().upstreamRequest().uri())
                .isEqualTo("/p");
    }

    @Test
    void hidesTheKeyWhereverItStands() {
        TestExchange exchange =
                tester("").get("/p?apikey=other&x=1").header("apikey", KEY).send();

        assertThat(exchange.upstreamRequest().headers().contains("apikey")).isFalse();
        assertThat(exchange.upstreamRequest().uri()).isEqualTo("/p?x=1");
    }

    @Test
    void leavesTheKeyInWhenToldTo() {
        TestExchange exchange =
                tester("hide_credentials: false").get("/p?apikey=" + KEY).send();

        assertThat(exchange.upstreamRequest().uri()).isEqualTo("/p?apikey=" + KEY);
    }

    @Test
    void takesTheFirstNameThatIsPresent() {
        PluginTester tester = tester("key_names: [x-first, second]");

        assertThat(tester.get("/?second=" + KEY).send().status()).isEqualTo(200);
        assertThat(tester.get("/?second=" + KEY)
                        .header("X-First", "wrong")
                        .send()
                        .status())
                .isEqualTo(401);
    }

    @Test
    void findsAHyphenatedHeaderByAnUnderscoredName() {
        TestExchange exchange =
                tester("key_names: [my_key]").get("/").header("My-Key", KEY).send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().headers().contains("My-Key")).isFalse();
    }

    @Test
    void looksOnlyWhereItIsAllowedTo() {
        refused(
                tester("key_in_header: false").get("/").header("apikey", KEY).send(),
                401,
                "No API key found in request");
        refused(tester("key_in_query: false").get("/?apikey=" + KEY).send(), 401, "No API key found in request");
        refused(tester("").post("/", "{\"apikey\":\"" + KEY + "\"}").send(), 401, "No API key found in request");
    }

    @Test
    void removesAClientsOwnIdentityHeadersInEverySpelling() {
        TestExchange exchange = tester("")
                .get("/")
                .header("apikey", KEY)
                .header("X-Consumer-Username", "admin")
                .header("X_Consumer_Username", "admin")
                .header("x-consumer_id", "1")
                .header("X-CONSUMER-GROUPS", "admins")
                .header("X_Credential-Identifier", "x")
                .header("X-Anonymous-Consumer", "true")
                .header("Connection", "X-Consumer-Username , keep-alive, x_credential_identifier")
                .header("X-Consumers", "kept")
                .header("X-Consumer-Foo", "kept")
                .header("X_Consumer_Id_", "kept")
                .send();

        var headers = exchange.upstreamRequest().headers();
        assertThat(headers.getAll("X-Consumer-Username")).containsExactly("alice");
        assertThat(headers.names())
                .map(String::toLowerCase)
                .containsExactlyInAnyOrder(
                        "connection",
                        "x-consumers",
                        "x-consumer-foo",
                        "x_consumer_id_",
                        "x-consumer-username",
                        "x-consumer-id",
                        "x-credential-identifier");
        assertThat(headers.get("Connection")).isEqualTo("keep-alive");
    }

    @Test
    void makesAClientThatFailsTheAnonymousConsumer() {
        PluginTester tester = tester("anonymous: guest");
        tester.directory().add("guest");

        for (TestRequest request : List.of(
                tester.get("/"), tester.get("/").header("apikey", "wrong"), tester.get("/?apikey=1&apikey=2"))) {
            TestExchange exchange =
                    request.header("X-Consumer-Username", "admin").send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(consumer(exchange).username()).isEqualTo("guest");
            assertThat(exchange.exchange().credential()).isNull();
            assertThat(exchange.upstreamRequest().header("X-Anonymous-Consumer"))
                    .isEqualTo("true");
            assertThat(exchange.upstreamRequest().headers().getAll("X-Consumer-Username"))
                    .containsExactly("guest");
            assertThat(exchange.upstreamRequest().headers().contains("X-Credential-Identifier"))
                    .isFalse();
            assertThat(exchange.upstreamRequest().headers().contains("apikey")).isFalse();
            assertThat(exchange.upstreamRequest().uri()).isEqualTo("/");
        }
    }

    @Test
    void answers500WhenTheAnonymousConsumerIsMissing() {
        TestExchange exchange = tester("anonymous: nobody").get("/").send();

        refused(exchange, 500, "anonymous consumer nobody is configured but doesn't exist");
    }

    @Test
    void withAnonymousItLetsAClientPassThatAnotherPluginKnows() {
        PluginTester tester = tester("anonymous: guest");
        Consumer carol = tester.directory().add("carol");

        TestExchange exchange = tester.get("/")
                .credential(tester.directory().add("jwt_secrets", "x", carol))
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.exchange().consumer()).isEqualTo(carol);
    }

    @Test
    void withAnonymousItTriesAgainAfterAnotherPluginsAnonymous() {
        PluginTester tester = tester("anonymous: guest");

        TestExchange exchange = tester.get("/")
                .consumer(tester.directory().add("guest"))
                .header("apikey", KEY)
                .send();

        assertThat(consumer(exchange).username()).isEqualTo("alice");
        assertThat(exchange.upstreamRequest().headers().contains("X-Anonymous-Consumer"))
                .isFalse();
    }

    @Test
    void withoutAnonymousItAsksForAKeyEvenWhenAnotherPluginKnowsTheClient() {
        PluginTester tester = tester("");
        Consumer carol = tester.directory().add("carol");

        TestExchange exchange = tester.get("/")
                .credential(tester.directory().add("jwt_secrets", "x", carol))
                .send();

        refused(exchange, 401, "No API key found in request");
    }

    @Test
    void asksPreflightsForAKeyUnlessToldNotTo() {
        refused(tester("").request(HttpMethod.OPTIONS, "/").send(), 401, "No API key found in request");

        TestExchange exchange = tester("run_on_preflight: false")
                .request(HttpMethod.OPTIONS, "/")
                .header("X-Consumer-Username", "admin")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().headers().contains("X-Consumer-Username"))
                .isFalse();
    }

    @Test
    void findsAKeyInAJsonBodyAndLeavesEveryOtherByte() {
        TestExchange exchange = tester("key_in_body: true")
                .post("/", "{ \"n\": 1e400, \"apikey\": \"" + KEY + "\", \"n\": [1,  2] }")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().body()).contains("\"n\": 1e400").contains("[1,  2]");
        assertThat(exchange.upstreamRequest().body()).doesNotContain("apikey");
    }

    @Test
    void findsAKeyInAFormAndLeavesTheRest() {
        TestExchange exchange = tester("key_in_body: true")
                .request(HttpMethod.POST, "/")
                .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
                .bodyInPieces("a=%20&api", "key=" + KEY + "&b=2")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().body()).isEqualTo("a=%20&b=2");
    }

    @Test
    void findsAKeyInMultipartAndLeavesTheRest() {
        String file = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"apikey\"\r\n\r\n\u0001\u00ff\r\n";
        String key = "--B\r\nContent-Disposition: form-data; name=\"apikey\"\r\n\r\n" + KEY + "\r\n";
        TestExchange exchange = tester("key_in_body: true")
                .request(HttpMethod.POST, "/")
                .header("Content-Type", "multipart/form-data; boundary=\"B\"")
                .body("preamble\r\n" + file + key + "--B--\r\n")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().body()).isEqualTo("preamble\r\n" + file + "--B--\r\n");
    }

    @Test
    void readsAKeyInUtf8WhereverItStands() {
        PluginTester tester = tester("key_in_body: true");
        tester.directory()
                .add(KeyAuth.CREDENTIALS, "k\u00fc\u65e5", tester.directory().add("miller"));
        String sent = "k\u00c3\u00bc\u00e6\u0097\u00a5";

        assertThat(tester.get("/").header("apikey", sent).send().status()).isEqualTo(200);
        assertThat(tester.get("/?apikey=k%C3%BC%E6%97%A5").send().status()).isEqualTo(200);
        TestExchange form = tester.request(HttpMethod.POST, "/")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(Body.of(Buffer.buffer("a=\u00fc&apikey=k\u00fc\u65e5")))
                .send();
        assertThat(form.status()).isEqualTo(200);
        assertThat(form.upstreamRequest().bytes()).isEqualTo(Buffer.buffer("a=\u00fc"));
    }

    @Test
    void rejectsDuplicateKeysInABody() {
        PluginTester tester = tester("key_in_body: true");

        refused(tester.post("/", "{\"apikey\":[\"a\",\"b\"]}").send(), 401, "Duplicate API key found");
        refused(
                tester.request(HttpMethod.POST, "/")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .body("apikey=a&apikey=b")
                        .send(),
                401,
                "Duplicate API key found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"apikey\":1}", "{\"apikey\":null}", "[\"apikey\"]", "\"apikey\"", "{}"})
    void takesWhatIsNoStringForNoKey(String json) {
        refused(tester("key_in_body: true").post("/", json).send(), 401, "No API key found in request");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json|{\"apikey\":",
                "text/plain|apikey=" + KEY,
                "multipart/form-data; boundary=B|--B no end",
            })
    void takesABodyThatItCannotReadForNone(String type, String body) {
        PluginTester tester = tester("{key_names: [apikey, other], key_in_body: true}");

        refused(
                tester.request(HttpMethod.POST, "/")
                        .header("Content-Type", type)
                        .body(body)
                        .send(),
                401,
                "No API key found in request");
        TestExchange other = tester.request(HttpMethod.POST, "/?other=" + KEY)
                .header("Content-Type", type)
                .body(body)
                .send();
        assertThat(other.status()).isEqualTo(200);
        assertThat(other.upstreamRequest().body()).isEqualTo(body);
    }

    @Test
    void refusesABodyThatBreaksOffOrIsTooLong() {
        PluginTester tester = tester("key_in_body: true");

        refused(
                tester.request(HttpMethod.POST, "/")
                        .header("Content-Type", "application/json")
                        .bodyThatBreaksOff("{\"apikey\":")
                        .send(),
                400,
                "Cannot process request body");
        refused(tester.post("/", "\"" + "x".repeat(1 << 20) + "\"").send(), 413, "Payload too large");
    }

    /** Which place counts: header, query, form, in this order, of those that may hold a key. */
    @Test
    void takesTheFirstPlaceThatMayHoldAKey() {
        String[] keys = {"", KEY, "wrong"};
        for (int places = 0; places < 8; places++) {
            boolean[] on = {(places & 1) > 0, (places & 2) > 0, (places & 4) > 0};
            PluginTester tester =
                    tester("{key_in_header: " + on[0] + ", key_in_query: " + on[1] + ", key_in_body: " + on[2] + "}");
            for (String inHeader : keys) {
                for (String inQuery : keys) {
                    for (String inBody : keys) {
                        String[] sent = {inHeader, inQuery, inBody};
                        String first = "";
                        for (int i = 0; i < 3 && first.isEmpty(); i++) {
                            first = on[i] ? sent[i] : "";
                        }
                        TestRequest request = tester.request(
                                        HttpMethod.POST, inQuery.isEmpty() ? "/" : "/?apikey=" + inQuery)
                                .header("Content-Type", "application/x-www-form-urlencoded");
                        if (!inHeader.isEmpty()) {
                            request.header("apikey", inHeader);
                        }
                        if (!inBody.isEmpty()) {
                            request.body("apikey=" + inBody);
                        }

                        assertThat(request.send().status())
                                .as(places + ": " + String.join(",", sent))
                                .isEqualTo(first.equals(KEY) ? 200 : 401);
                    }
                }
            }
        }
    }

    @Test
    void doesNotReadABodyWhenTheKeyStandsInTheHead() {
        TestExchange exchange = tester("key_in_body: true")
                .request(HttpMethod.POST, "/")
                .header("apikey", KEY)
                .header("Content-Type", "video/mp4")
                .bodyInPieces("x".repeat(1 << 20), "y")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().bytes().length()).isEqualTo((1 << 20) + 1);
    }

    @Test
    void needsNoBodyToLookIntoOne() {
        refused(tester("key_in_body: true").get("/").send(), 401, "No API key found in request");
    }

    @Test
    void saysWhereItReadsCredentialsFrom() {
        PluginTester tester = tester("{key_names: [My_Key], key_in_query: false, key_in_body: true}")
                .create();

        assertThat(tester.redaction().headers()).contains("my_key", "my-key");
        assertThat(tester.redaction().queryArguments()).isEmpty();
        assertThat(tester.redaction().bodyFields()).containsExactly("my_key");
    }

    @Test
    void survivesAClientThatLeavesAndAnUpstreamThatDies() {
        PluginTester tester = tester("");
        ManualUpstream upstream = new ManualUpstream();
        tester.upstream(upstream);

        TestExchange left = tester.get("/").header("apikey", KEY).send();
        left.clientLeaves();
        TestExchange died = tester.get("/").header("apikey", KEY).send();
        upstream.call().die(FailureKind.RESET);

        assertThat(left.completion().status()).isEqualTo(499);
        assertThat(died.status()).isEqualTo(502);
    }

    @Test
    void standsOutsideOfPluginsThatNeedTheConsumer() {
        List<String> seen = new ArrayList<>();
        PluginTester tester = tester("").inside(new Plugin() {
            @Override
            public Future<Response> intercept(Request request, Next next) {
                Consumer consumer = request.exchange().consumer();
                seen.add(consumer == null ? "nobody" : consumer.displayName());
                return next.proceed(request);
            }
        });

        tester.get("/").header("apikey", KEY).send();

        assertThat(seen).containsExactly("alice");
        assertThat(new KeyAuthFactory().priority()).isEqualTo(1250);
    }

    private PluginTester tester(String yaml) {
        PluginTester tester = PluginTester.ofYaml(new KeyAuthFactory(), yaml);
        tester.directory().add(KeyAuth.CREDENTIALS, KEY, tester.directory().add("alice"));
        open.add(tester);
        return tester;
    }

    private static Consumer consumer(TestExchange exchange) {
        return Objects.requireNonNull(exchange.exchange().consumer(), "consumer");
    }

    private static void refused(TestExchange exchange, int status, String message) {
        assertThat(exchange.status()).isEqualTo(status);
        assertThat(exchange.message()).isEqualTo(message);
        assertThat(exchange.upstreamRequests()).isEmpty();
        assertThat(exchange.text()).doesNotContain(KEY);
    }
}
