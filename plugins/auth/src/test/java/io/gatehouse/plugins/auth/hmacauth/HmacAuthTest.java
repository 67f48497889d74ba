package io.gatehouse.plugins.auth.hmacauth;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.config.Secret;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HmacAuthTest {
    private static final String SECRET = "the secret of bob";
    private static final String DATE = "Thu, 01 Jan 2026 00:00:00 GMT";
    private static final String UNREADABLE = "HMAC signature cannot be verified";
    private static final String DIFFERENT = "HMAC signature does not match";
    private static final String UNDATED =
            UNREADABLE + ", a valid date or x-date header is required for HMAC Authentication";

    /** What another program made of the date and the target of {@code GET /x?a=%20b}. */
    private static final String SHA256 = "Ds/xw+OspocYGV4DRraBa8P9ghQDOby875xOt8YjXDo=";

    private static final String TARGET = "/x?a=%20b";
    private static final String GOOD = header("hmac-sha256", "date @request-target", SHA256);

    private final List<PluginTester> open = new ArrayList<>();

    @AfterEach
    void closesCleanlyAndNeverLogsASecret() {
        for (PluginTester tester : open) {
            tester.close();
            assertThat(tester.log().text()).doesNotContain(SECRET).doesNotContain(SHA256);
        }
    }

    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(tester("").config())
                .isEqualTo(new HmacAuthConfig(
                        true,
                        300,
                        null,
                        false,
                        List.of(),
                        List.of("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"),
                        null));
    }

    @Test
    void mapsEveryField() {
        assertThat(tester("""
                        hide_credentials: false
                        clock_skew: 0.5
                        anonymous: guest
                        validate_request_body: true
                        enforce_headers: [date, request-line]
                        algorithms: [hmac-sha1]
                        realm: desk
                        """).config())
                .isEqualTo(new HmacAuthConfig(
                        false, 0.5, "guest", true, List.of("date", "request-line"), List.of("hmac-sha1"), "desk"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clock_skew: 0|clock_skew: value must be greater than 0",
                "clock_skew: -1|clock_skew",
                "algorithms: [hmac-md5]|algorithms",
                "realm: \"a\\nb\"|realm",
                "clock: 3|clock",
            })
    void refusesByName(String yaml, String problem) {
        assertThat(tester(yaml).problems()).singleElement().asString().contains(problem);
    }

    @ParameterizedTest
    @CsvSource({
        "hmac-sha1, V28UHmOfC4+Ssgl/wDEiSf8ZG1k=",
        "hmac-sha224, tbFDjDaopzR/dtQ7rwaq3eTeMRsGbpJbzF67GQ==",
        "hmac-sha256, Ds/xw+OspocYGV4DRraBa8P9ghQDOby875xOt8YjXDo=",
        "hmac-sha384, u1ZcFMk3UwT0MvFpulKp2NFfyW2lyQIsA+H+uaVGqjiMgAAj98ZllQz+DpPHu8fN",
        "hmac-sha512, RhBHQwJN/8h8fxYrQi7YwecRCJdn1/YEIU+BsyJ3t1g4THUsxz3EU29BuxGViXLaOVVrb+Lu8jPSUW/DG7VnAA==",
    })
    void verifiesEveryAlgorithmThatIsAllowed(String algorithm, String signature) {
        String value = header(algorithm, "date @request-target", signature);
        PluginTester tester = tester("algorithms: [" + algorithm + "]");

        TestExchange exchange =
                signed(tester, value).header("X_Consumer_Id", "1").send();

        assertThat(exchange.status()).isEqualTo(200);
        var headers = exchange.upstreamRequest().headers();
        assertThat(headers.get("X-Consumer-Username")).isEqualTo("robert");
        assertThat(headers.get("X-Credential-Identifier")).isEqualTo("bob");
        assertThat(headers.contains("X_Consumer_Id")).isFalse();
        assertThat(headers.contains("Authorization")).isFalse();

        PluginTester others =
                tester("algorithms: [" + (algorithm.equals("hmac-sha256") ? "hmac-sha1" : "hmac-sha256") + "]");
        refused(signed(others, value).send(), UNREADABLE);
    }

    @Test
    void doesNotTakeSha1UnlessAllowed() {
        String value = header("hmac-sha1", "date @request-target", "V28UHmOfC4+Ssgl/wDEiSf8ZG1k=");

        refused(signed(tester(""), value).send(), UNREADABLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hmac username=\"bob\",algorithm=\"hmac-sha256\",headers=\"date @request-target\",signature=\"S\"",
                "Hmac   username=\"bob\", algorithm=\"hmac-sha256\",  headers=\"date @request-target\",\tsignature=\"S\" ",
                "hmac signature=\"S\", headers=\"date @request-target\", algorithm=\"hmac-sha256\", username=\"bob\"",
            })
    void readsParametersWithAndWithoutSpaceInAnyOrder(String value) {
        assertThat(signed(tester(""), value.replace("\"S\"", '"' + SHA256 + '"'))
                        .send()
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hmac",
                "hmac ",
                "hmac :dXNlcm5hbWU6cGFzc3dvcmQ=",
                "hmac username",
                "hmac username=\"bob\"",
                "hmac username=\"bob\",algorithm=\"hmac-sha256\"",
                "hmac username=\"bob\",algorithm=\"hmac-sha256\",headers=\"date\"",
                "hmac username=\"\",algorithm=\"hmac-sha256\",headers=\"date\",signature=\"x\"",
                "hmac username=\"bob\",algorithm=\"hmac-sha256\",header=\"date\",signature=\"x\"",
                "hmac username=\"bob\",algorithm=\"hmac-sha256\",headers=\"date\",signature=\"x",
                "hmac username=\"bob\",algorithm=\"hmac-sha256\",headers=\"date\",signature:\"x\"",
                "hmac username=\"bob\" algorithm=\"hmac-sha256\",headers=\"date\",signature=\"x\"",
                "hmac username=\"bob\",username=\"bob\",algorithm=\"hmac-sha256\",headers=\"date\",signature=\"x\"",
                "hmac username=\"bob\",algorithm=\"hmac-sha\",headers=\"date\",signature=\"x\"",
                "hmac username=\"bobb\",algorithm=\"hmac-sha256\",headers=\"date\",signature=\"x\"",
                "Basic Ym9iOmJvYg==",
            })
    void refusesWhatItCannotRead(String value) {
        PluginTester tester = tester("");

        refused(signed(tester, value).send(), UNREADABLE);
        refused(
                tester.get("/")
                        .header("Date", DATE)
                        .header("Proxy-Authorization", value)
                        .send(),
                UNREADABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Es/xw+OspocYGV4DRraBa8P9ghQDOby875xOt8YjXDo=", "Ds/xw+Ospocw", "====", "!", "Ds/x"})
    void refusesAnotherSignature(String signature) {
        refused(
                signed(tester(""), header("hmac-sha256", "date @request-target", signature))
                        .send(),
                DIFFERENT);
    }

    @Test
    void refusesARequestWithoutSignature() {
        TestExchange exchange =
                tester("realm: desk").get("/").header("Date", DATE).send();

        refused(exchange, "Unauthorized");
        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("hmac realm=\"desk\"");
    }

    @Test
    void refusesWhatIsSignedForAnotherRequest() {
        PluginTester tester = tester("");

        refused(
                tester.get("/x?a=b")
                        .header("Date", DATE)
                        .header("Authorization", GOOD)
                        .send(),
                DIFFERENT);
        refused(
                tester.request(HttpMethod.POST, TARGET)
                        .header("Date", DATE)
                        .header("Authorization", GOOD)
                        .send(),
                DIFFERENT);
        refused(
                tester.get(TARGET)
                        .header("Date", "Thu, 01 Jan 2026 00:00:01 GMT")
                        .header("Authorization", GOOD)
                        .send(),
                DIFFERENT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "Thu, 01 Jan 2026 00:00:00 GMT|-|true",
                "-|Thu, 01 Jan 2026 00:00:00 GMT|true",
                "Thursday, 01-Jan-26 00:05:00 GMT|-|true",
                "Thu Jan  1 00:05:00 2026|-|true",
                "Thu, 01 Jan 2026 00:05:00 GMT|-|true",
                "Thu, 01 Jan 2026 00:05:01 GMT|-|false",
                "Wed, 31 Dec 2025 23:55:00 GMT|-|true",
                "Wed, 31 Dec 2025 23:54:59 GMT|-|false",
                "Thu, 01 Jan 2026 00:00:00 GMT|wrong|true",
                "wrong|Thu, 01 Jan 2026 00:00:00 GMT|true",
                "wrong|wrong|false",
                "-|-|false",
                "2026-01-01T00:00:00Z|-|false",
            })
    void wantsADateNearTheClock(String date, String xDate, boolean near) {
        PluginTester tester = tester("");
        TestRequest request = tester.get("/");
        if (date != null) {
            request.header("Date", date);
        }
        if (xDate != null) {
            request.header("X-Date", xDate);
        }
        String text = "host: gateway.test";

        TestExchange exchange = request.header("Authorization", header("hmac-sha256", "host", mac(text)))
                .send();

        if (near) {
            assertThat(exchange.status()).isEqualTo(200);
        } else {
            refused(exchange, UNDATED);
        }
    }

    @Test
    void tellsTheTimeByTheGatewaysClock() {
        PluginTester tester = tester("clock_skew: 10");

        tester.clock().advance(Duration.ofSeconds(10));
        assertThat(signed(tester, GOOD).send().status()).isEqualTo(200);
        tester.clock().advance(Duration.ofSeconds(1));
        refused(signed(tester, GOOD).send(), UNDATED);
        tester.clock().jump(Duration.ofSeconds(-22));
        refused(signed(tester, GOOD).send(), UNDATED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "request-line|HTTP/1.1|GET /x?a=%20b HTTP/1.1",
                "request-line|HTTP/1.0|GET /x?a=%20b HTTP/1.0",
                "request-line|HTTP/2|GET /x?a=%20b HTTP/2.0",
                "@request-target|HTTP/2|@request-target: get /x?a=%20b",
                "Date X-Twice|HTTP/1.1|Date: Thu, 01 Jan 2026 00:00:00 GMT;X-Twice: 1, 2",
                "host x-none date|HTTP/1.1|host: gateway.test;x-none:;date: Thu, 01 Jan 2026 00:00:00 GMT",
            })
    void signsWhatTheClientSent(String headers, String protocol, String text) {
        TestExchange exchange = tester("")
                .get(TARGET)
                .protocol(protocol)
                .upstreamUri("/elsewhere")
                .header("Date", DATE)
                .header("X-Twice", "1")
                .header("X-Twice", "2")
                .header("Authorization", header("hmac-sha256", headers, mac(text.replace(';', '\n'))))
                .send();

        assertThat(exchange.status()).isEqualTo(200);
    }

    @Test
    void signsTheBytesOfAHeaderWhateverTheyMean() {
        TestExchange exchange = tester("")
                .get("/")
                .header("Date", DATE)
                .header("X-Name", "\u00c3\u00a9")
                .header("Authorization", header("hmac-sha256", "x-name", mac("x-name: \u00e9")))
                .send();

        assertThat(exchange.status()).isEqualTo(200);
    }

    @Test
    void readsAUsernameInUtf8() {
        PluginTester tester = tester("");
        tester.directory()
                .add(
                        "m\u00fcller",
                        new Credential(
                                "id-of-miller",
                                HmacAuth.CREDENTIALS,
                                tester.directory().add("miller"),
                                Map.of("username", "m\u00fcller"),
                                Map.of("secret", Secret.literal(SECRET))));

        TestExchange exchange =
                signed(tester, GOOD.replace("\"bob\"", "\"m\u00c3\u00bcller\"")).send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().header("X-Credential-Identifier")).isEqualTo("m\u00c3\u00bcller");
    }

    @ParameterizedTest
    @CsvSource({
        "'[date, \"@request-target\"]', 200",
        "'[Date]', 200",
        "'[date, request-line]', 401",
        "'[digest]', 401",
    })
    void enforcesHeaders(String enforced, int status) {
        assertThat(signed(tester("enforce_headers: " + enforced), GOOD).send().status())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{\"a\":1}|SHA-256=AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=|200",
                "{\"a\":2}|SHA-256=AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=|401",
                "{\"a\":1}|SHA-256=Ds/xw+OspocYGV4DRraBa8P9ghQDOby875xOt8YjXDo=|401",
                "{\"a\":1}|AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=|401",
                "{\"a\":1}|-|401",
                "-|-|200",
                "-|SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=|200",
                "-|SHA-256=AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=|401",
            })
    void validatesTheBody(String body, String digest, int status) {
        TestRequest request = tester("validate_request_body: true").request(HttpMethod.GET, TARGET);
        if (body != null) {
            request.bodyInPieces(body.substring(0, 3), body.substring(3));
        }
        if (digest != null) {
            request.header("Digest", digest);
        }

        TestExchange exchange =
                request.header("Date", DATE).header("Authorization", GOOD).send();

        if (status == 200) {
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.upstreamRequest().body()).isEqualTo(body == null ? "" : body);
        } else {
            refused(exchange, DIFFERENT);
        }
    }

    @Test
    void validatesALongBodyAndRefusesAVeryLongOne() throws GeneralSecurityException {
        String longBody = "a".repeat(1 << 20);
        String digest = "SHA-256="
                + Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-256")
                                .digest(longBody.getBytes(StandardCharsets.US_ASCII)));
        PluginTester tester = tester("validate_request_body: true");

        assertThat(signed(tester, GOOD)
                        .header("Digest", digest)
                        .body(longBody)
                        .send()
                        .status())
                .isEqualTo(200);
        TestExchange tooLong = signed(tester, GOOD)
                .header("Digest", digest)
                .bodyInPieces("a".repeat((int) HmacAuth.MAX_BODY_BYTES), "b")
                .send();
        assertThat(tooLong.status()).isEqualTo(413);
        assertThat(tooLong.message()).isEqualTo("Payload too large");
    }

    @Test
    void readsNoBodyOfAClientThatItDoesNotKnow() {
        TestExchange exchange = tester("validate_request_body: true")
                .request(HttpMethod.GET, "/other")
                .header("Date", DATE)
                .header("Authorization", GOOD)
                .bodyThatBreaksOff("a")
                .send();

        refused(exchange, DIFFERENT);
    }

    @Test
    void blamesAClientWhoseBodyBreaksOff() {
        TestExchange exchange = tester("validate_request_body: true")
                .request(HttpMethod.GET, TARGET)
                .header("Date", DATE)
                .header("Authorization", GOOD)
                .bodyThatBreaksOff("a")
                .send();

        assertThat(exchange.status()).isEqualTo(400);
        assertThat(exchange.upstreamRequests()).isEmpty();
    }

    @Test
    void readsProxyAuthorizationFirst() {
        PluginTester tester = tester("");

        TestExchange first = signed(tester, "Bearer for-the-upstream")
                .header("Proxy-Authorization", GOOD)
                .send();
        TestExchange second = signed(tester, GOOD)
                .header("Proxy-Authorization", "hmac broken")
                .send();

        assertThat(first.upstreamRequest().header("Authorization")).isEqualTo("Bearer for-the-upstream");
        assertThat(first.upstreamRequest().headers().contains("Proxy-Authorization"))
                .isFalse();
        assertThat(second.status()).isEqualTo(200);
        assertThat(second.upstreamRequest().headers().contains("Authorization")).isFalse();
    }

    @Test
    void leavesTheSignatureInWhenToldTo() {
        TestExchange exchange = signed(tester("hide_credentials: false"), GOOD).send();

        assertThat(exchange.upstreamRequest().header("Authorization")).isEqualTo(GOOD);
    }

    @Test
    void makesAClientThatFailsTheAnonymousConsumer() {
        PluginTester tester = tester("anonymous: guest");
        tester.directory().add("guest");

        for (TestRequest request : List.of(
                tester.get("/"),
                signed(tester, GOOD + "x"),
                tester.get("/").header("Authorization", GOOD),
                tester.get("/other").header("Date", DATE).header("Authorization", GOOD))) {
            TestExchange exchange = request.send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.upstreamRequest().header("X-Consumer-Username")).isEqualTo("guest");
            assertThat(exchange.upstreamRequest().header("X-Anonymous-Consumer"))
                    .isEqualTo("true");
        }
    }

    @Test
    void withAnonymousItLetsAClientPassThatAnotherPluginKnowsAndWithoutItDoesNot() {
        for (boolean or : List.of(true, false)) {
            PluginTester tester = tester(or ? "anonymous: guest" : "");
            Consumer carol = tester.directory().add("carol");
            Credential known = new Credential("id", "keyauth_credentials", carol, Map.of());

            TestExchange exchange = tester.get("/").credential(known).send();

            assertThat(exchange.status()).isEqualTo(or ? 200 : 401);
        }
    }

    private PluginTester tester(String yaml) {
        PluginTester tester = PluginTester.ofYaml(new HmacAuthFactory(), yaml);
        open.add(tester);
        tester.directory()
                .add(
                        "bob",
                        new Credential(
                                "id-of-bob",
                                HmacAuth.CREDENTIALS,
                                tester.directory().add("robert"),
                                Map.of("username", "bob"),
                                Map.of("secret", Secret.literal(SECRET))));
        return tester;
    }

    private static TestRequest signed(PluginTester tester, String value) {
        return tester.get(TARGET).header("Date", DATE).header("Authorization", value);
    }

    private static String header(String algorithm, String headers, String signature) {
        return "hmac username=\"bob\", algorithm=\"" + algorithm + "\", headers=\"" + headers + "\", signature=\""
                + signature + '"';
    }

    private static String mac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void refused(TestExchange exchange, String message) {
        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.message()).isEqualTo(message);
        assertThat(exchange.header("WWW-Authenticate")).startsWith("hmac");
        assertThat(exchange.upstreamRequests()).isEmpty();
    }
}
