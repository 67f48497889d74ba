package io.gatehouse.plugins.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.config.Secret;
import io.gatehouse.api.json.JsonValue;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtAuthTest {
    private static final String SECRET = "s3cr3t of the issuer";
    private static final long NOW = FakeClock.START.getEpochSecond();
    private static final String GOOD = hs256("{\"iss\":\"issuer\"}");

    private final List<PluginTester> open = new ArrayList<>();

    /** A credential and a token that another program signed with its other half. */
    record Vector(String algorithm, String secret, String publicKey, String token) {
        @Override
        public String toString() {
            return algorithm + " " + publicKey.lines().findFirst().orElse("") + " " + publicKey.length();
        }
    }

    static List<Vector> vectors() throws IOException {
        List<Vector> vectors = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(JwtAuthTest.class.getResourceAsStream("tokens.jsonl"))) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : all.lines().toList()) {
                Buffer bytes = Buffer.buffer(line);
                JsonValue json = JsonValue.of(bytes, 0, bytes.length());
                vectors.add(new Vector(
                        text(json, "/algorithm"),
                        text(json, "/secret"),
                        text(json, "/rsa_public_key"),
                        text(json, "/token")));
            }
        }
        return vectors;
    }

    private static String text(JsonValue json, String pointer) {
        return Objects.requireNonNullElse(json.text(pointer), "");
    }

    @AfterEach
    void closesCleanlyAndNeverLogsAToken() {
        for (PluginTester tester : open) {
            tester.close();
            assertThat(tester.log().text()).doesNotContain(SECRET).doesNotContain(GOOD);
        }
    }

    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(tester("").config())
                .isEqualTo(new JwtAuthConfig(
                        List.of("jwt"),
                        List.of(),
                        "iss",
                        false,
                        List.of(),
                        null,
                        true,
                        0,
                        List.of("authorization"),
                        null));
    }

    @Test
    void mapsEveryField() {
        assertThat(tester("""
                        uri_param_names: [a, b]
                        cookie_names: [c]
                        key_claim_name: kid
                        secret_is_base64: true
                        claims_to_verify: [exp, nbf]
                        anonymous: guest
                        run_on_preflight: false
                        maximum_expiration: 0.5
                        header_names: [x-token]
                        realm: desk
                        """).config())
                .isEqualTo(new JwtAuthConfig(
                        List.of("a", "b"),
                        List.of("c"),
                        "kid",
                        true,
                        List.of("exp", "nbf"),
                        "guest",
                        false,
                        0.5,
                        List.of("x-token"),
                        "desk"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "claims_to_verify: [iat]|claims_to_verify",
                "maximum_expiration: 60|claims_to_verify: expected to contain: exp",
                "{maximum_expiration: -1, claims_to_verify: [exp]}|maximum_expiration",
                "{maximum_expiration: 31536001, claims_to_verify: [exp]}|maximum_expiration",
                "realm: \"a\\nb\"|realm",
                "hide_credentials: true|hide_credentials",
            })
    void refusesByName(String yaml, String problem) {
        assertThat(tester(yaml).problems()).singleElement().asString().contains(problem);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void verifiesEveryAlgorithm(Vector vector) {
        PluginTester tester = tester("");
        issuer(tester, "issuer", vector);

        TestExchange exchange = bearer(tester, vector.token).send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().header("X-Consumer-Username")).isEqualTo("owner");
        assertThat(exchange.upstreamRequest().header("X-Credential-Identifier")).isEqualTo("issuer");
        assertThat(exchange.upstreamRequest().header("Authorization")).isEqualTo("Bearer " + vector.token);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void refusesEverySignatureThatIsChangedOrCut(Vector vector) {
        PluginTester tester = tester("");
        issuer(tester, "issuer", vector);
        int dot = vector.token.lastIndexOf('.');
        byte[] signature = Base64.getUrlDecoder().decode(vector.token.substring(dot + 1));
        byte[] changed = signature.clone();
        changed[signature.length / 2] ^= 1;
        byte[] longer = java.util.Arrays.copyOf(signature, signature.length + 1);
        byte[] shorter = java.util.Arrays.copyOf(signature, signature.length - 1);

        for (byte[] wrong : List.of(changed, longer, shorter, new byte[0], new byte[signature.length])) {
            String token = vector.token.substring(0, dot + 1) + encoded(wrong);
            refused(bearer(tester, token).send(), "{\"message\":\"Invalid signature\"}");
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void neverLetsATokenChooseItsAlgorithm(Vector vector) throws IOException {
        PluginTester tester = tester("");
        issuer(tester, "issuer", vector);
        String claims = encoded("{\"iss\":\"issuer\"}".getBytes(StandardCharsets.UTF_8));

        for (String other : List.of("HS256", "HS384", "HS512")) {
            if (!other.equals(vector.algorithm)) {
                String signed = encoded("{\"alg\":\"" + other + "\"}") + '.' + claims;
                // the public key taken for a secret
                String token = signed + '.' + mac(other, signed, vector.publicKey + ' ');
                refused(bearer(tester, token).send(), "{\"message\":\"Invalid algorithm\"}");
            }
        }
        for (Vector stranger : vectors()) {
            if (!stranger.algorithm.equals(vector.algorithm)) {
                refused(bearer(tester, stranger.token).send(), "{\"message\":\"Invalid algorithm\"}");
            }
        }
        for (String none : List.of("none", "None", "", "hs256")) {
            String token = encoded("{\"alg\":\"" + none + "\"}") + '.' + claims + '.';
            refused(bearer(tester, token).send(), "{\"message\":\"Bad token; invalid alg\"}");
        }
    }

    @Test
    void refusesAKeyOfAnotherKindThanItsAlgorithm() throws IOException {
        for (Vector vector : vectors()) {
            for (Vector other : vectors()) {
                boolean kin = vector.publicKey.equals(other.publicKey)
                        || (vector.algorithm.charAt(1) == 'S'
                                && other.algorithm.charAt(1) == 'S'
                                && "RP".indexOf(vector.algorithm.charAt(0)) >= 0
                                && "RP".indexOf(other.algorithm.charAt(0)) >= 0)
                        || (vector.algorithm.equals("EdDSA") && other.algorithm.equals("EdDSA"));
                if (!kin && !vector.publicKey.isEmpty()) {
                    PluginTester tester = tester("");
                    issuer(tester, "issuer", new Vector(vector.algorithm, "", other.publicKey, ""));
                    refused(bearer(tester, vector.token).send(), "{\"message\":\"Invalid key/secret\"}");
                }
            }
        }
    }

    @Test
    void refusesACredentialWithoutKey() {
        PluginTester tester = tester("");
        issuer(tester, "issuer", new Vector("HS256", "", "", ""));

        refused(bearer(tester, GOOD).send(), "{\"message\":\"Invalid key/secret\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|No mandatory 'iss' in claims",
                "{\"iss\":null}|No mandatory 'iss' in claims",
                "{\"iss\":\"\"}|Invalid 'iss' in claims",
                "{\"iss\":7}|Invalid 'iss' in claims",
                "{\"iss\":\"nobody\"}|No credentials found for given 'iss'",
                "[]|Bad token; invalid claims",
                "null|Bad token; invalid claims",
                "{|Bad token; invalid JSON",
            })
    void refusesClaimsThatNameNobody(String claims, String message) {
        refused(bearer(tester(""), hs256(claims)).send(), "{\"message\":\"" + message + "\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "abc, invalid JSON",
        "a.b.c, invalid JSON",
        "e30.e30, invalid JSON",
        "e30.e30.x, invalid alg",
        "W10.e30.x, invalid alg",
        "eyJhbGciOjF9.e30.x, invalid alg",
        "eyJhbGciOiJIUzI1NiJ9.e30.=, invalid signature",
        "eyJhbGciOiJIUzI1NiJ9.e30.a.b, invalid signature",
    })
    void refusesWhatIsNoToken(String token, String reason) {
        refused(bearer(tester(""), token).send(), "{\"message\":\"Bad token; " + reason + "\"}");
    }

    @Test
    void refusesARequestWithoutToken() {
        PluginTester plain = tester("");
        PluginTester named = tester("realm: desk");

        for (TestRequest request : List.of(
                plain.get("/"),
                plain.get("/?jwt=&jwt"),
                plain.get("/").header("Authorization", GOOD),
                plain.get("/").header("Authorization", "Bearer"),
                plain.get("/").header("Authorization", "Basic " + GOOD),
                plain.get("/").header("Cookie", "jwt=" + GOOD))) {
            TestExchange exchange = request.send();

            assertThat(exchange.status()).isEqualTo(401);
            assertThat(exchange.text()).isEqualTo("{\"message\":\"Unauthorized\"}");
            assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Bearer");
        }
        assertThat(named.get("/").send().header("WWW-Authenticate")).isEqualTo("Bearer realm=\"desk\"");
        assertThat(bearer(named, "x").send().header("WWW-Authenticate"))
                .isEqualTo("Bearer realm=\"desk\", error=\"invalid_token\"");
    }

    @Test
    void findsATokenWhereItMayStand() {
        PluginTester tester = tester("{uri_param_names: [jwt, t], cookie_names: [Crumb], header_names: [x-a, x_b]}");

        for (TestRequest request : List.of(
                tester.get("/?jwt=" + GOOD),
                tester.get("/?a=1&t=" + GOOD.replace(".", "%2E")),
                tester.get("/").header("Cookie", "a=b; crumb=" + GOOD + "; c=d"),
                tester.get("/").header("Cookie", "a=b").header("Cookie", "Crumb=" + GOOD),
                tester.get("/").header("X-A", "bearer \t" + GOOD),
                tester.get("/").header("X-B", "  Bearer " + GOOD),
                tester.get("/").header("X-A", "Bearer " + GOOD).header("X-A", "Bearer x"),
                tester.get("/?jwt=" + GOOD + "&jwt=" + GOOD).header("X-B", "Bearer " + GOOD))) {
            assertThat(request.send().status()).isEqualTo(200);
        }
        refused(tester.get("/?jwt=" + GOOD + "&t=x").send(), "{\"message\":\"Multiple tokens provided\"}");
        refused(
                tester.get("/?jwt=" + GOOD).header("X-A", "Bearer x").send(),
                "{\"message\":\"Multiple tokens provided\"}");
        assertThat(tester.get("/")
                        .header("Authorization", "Bearer " + GOOD)
                        .send()
                        .status())
                .isEqualTo(401);
    }

    @Test
    void marksWhereTokensStandForLogsAndProviders() {
        var redaction = tester("{cookie_names: [c], header_names: [authorization, x_t]}")
                .create()
                .redaction();

        assertThat(redaction.headers()).map(String::toLowerCase).contains("authorization", "x_t", "x-t", "cookie");
        assertThat(redaction.queryArguments()).contains("jwt");
    }

    @Test
    void readsTheKeyFromAnotherClaimOrTheTokensHeader() {
        PluginTester tester = tester("key_claim_name: a/b~c");

        String inClaims = hs256("{\"a/b~c\":\"issuer\"}");
        String signed = encoded("{\"alg\":\"HS256\",\"a/b~c\":\"issuer\"}") + '.' + encoded("{\"a/b~c\":null}");

        assertThat(bearer(tester, inClaims).send().status()).isEqualTo(200);
        assertThat(bearer(tester, signed + '.' + mac("HS256", signed, SECRET))
                        .send()
                        .status())
                .isEqualTo(200);
        refused(bearer(tester, GOOD).send(), "{\"message\":\"No mandatory 'a/b~c' in claims\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c2VjPz8_", "c2VjPz8/"})
    void decodesASecretInBase64(String secret) {
        PluginTester tester = tester("secret_is_base64: true");
        issuer(tester, "coded", new Vector("HS256", secret, "", ""));
        String signed = encoded("{\"alg\":\"HS256\"}") + '.' + encoded("{\"iss\":\"coded\"}");

        assertThat(bearer(tester, signed + '.' + mac("HS256", signed, "sec???"))
                        .send()
                        .status())
                .isEqualTo(200);
        refused(
                bearer(tester, signed + '.' + mac("HS256", signed, secret)).send(),
                "{\"message\":\"Invalid signature\"}");
    }

    @Test
    void refusesASecretThatIsNoBase64() {
        refused(bearer(tester("secret_is_base64: true"), GOOD).send(), "{\"message\":\"Invalid key/secret\"}");
    }

    @Test
    void takesAPublicKeyAsItIsWhenSecretsAreInBase64() throws IOException {
        Vector vector = vectors().get(3);
        PluginTester tester = tester("secret_is_base64: true");
        issuer(tester, "issuer", vector);

        assertThat(bearer(tester, vector.token).send().status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "[exp]|\"exp\":1|-",
                "[exp]|\"exp\":0|{\"exp\":\"token expired\"}",
                "[exp]|\"exp\":0.5|-",
                "[exp]|\"exp\":-1e300|{\"exp\":\"token expired\"}",
                "[exp]|\"x\":1|{\"exp\":\"must be a number\"}",
                "[exp]|\"exp\":\"9\"|{\"exp\":\"must be a number\"}",
                "[exp]|\"exp\":null|{\"exp\":\"must be a number\"}",
                "[nbf]|\"nbf\":0|-",
                "[nbf]|\"nbf\":1|{\"nbf\":\"token not valid yet\"}",
                "[exp, nbf]|\"x\":1|{\"exp\":\"must be a number\",\"nbf\":\"must be a number\"}",
                "[exp, nbf]|\"nbf\":9,\"exp\":-9|{\"exp\":\"token expired\",\"nbf\":\"token not valid yet\"}",
                "[]|\"nbf\":9,\"exp\":-9|-",
                "[exp], maximum_expiration: 300|\"exp\":300|-",
                "[exp], maximum_expiration: 300|\"exp\":301|{\"exp\":\"exceeds maximum allowed expiration\"}",
            })
    void verifiesClaims(String verified, String claims, String fault) {
        PluginTester tester = tester("{claims_to_verify: " + verified + "}");
        // times in the table count from now
        String absolute = java.util.regex.Pattern.compile(":(-?[0-9.]+)(?![0-9.e])")
                .matcher(claims)
                .replaceAll(time -> ":" + new java.math.BigDecimal(time.group(1)).add(new java.math.BigDecimal(NOW)));

        TestExchange exchange =
                bearer(tester, hs256("{\"iss\":\"issuer\"," + absolute + "}")).send();

        if (fault == null) {
            assertThat(exchange.status()).isEqualTo(200);
        } else {
            refused(exchange, fault);
        }
    }

    @Test
    void tellsTheTimeByTheGatewaysClock() {
        PluginTester tester = tester("claims_to_verify: [exp]");
        String token = hs256("{\"iss\":\"issuer\",\"exp\":" + (NOW + 60) + "}");

        assertThat(bearer(tester, token).send().status()).isEqualTo(200);
        tester.clock().advance(Duration.ofSeconds(60));
        refused(bearer(tester, token).send(), "{\"exp\":\"token expired\"}");
    }

    @Test
    void asksPreflightsForATokenUnlessToldNotTo() {
        assertThat(tester("").request(HttpMethod.OPTIONS, "/").send().status()).isEqualTo(401);

        TestExchange exchange = tester("run_on_preflight: false")
                .request(HttpMethod.OPTIONS, "/")
                .header("X-Consumer-Username", "admin")
                .send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.upstreamRequest().headers().contains("X-Consumer-Username"))
                .isFalse();
    }

    @Test
    void makesAClientThatFailsTheAnonymousConsumer() {
        PluginTester tester = tester("anonymous: guest");
        tester.directory().add("guest");

        for (TestRequest request : List.of(
                tester.get("/"), bearer(tester, "x"), bearer(tester, GOOD + "x"), bearer(tester, hs256("{}")))) {
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
        PluginTester tester = PluginTester.ofYaml(new JwtAuthFactory(), yaml);
        open.add(tester);
        issuer(tester, "issuer", new Vector("HS256", SECRET, "", ""));
        return tester;
    }

    private static void issuer(PluginTester tester, String key, Vector vector) {
        Map<String, Object> fields = new HashMap<>(Map.of("key", key, "algorithm", vector.algorithm));
        if (!vector.publicKey.isEmpty()) {
            fields.put("rsa_public_key", vector.publicKey);
        }
        Credential credential = new Credential(
                "id-of-" + key,
                JwtAuth.CREDENTIALS,
                tester.directory().add("owner"),
                fields,
                Map.of("secret", Secret.literal(vector.secret)));
        tester.directory().add(key, credential);
    }

    private static TestRequest bearer(PluginTester tester, String token) {
        return tester.get("/").header("Authorization", "Bearer " + token);
    }

    private static String hs256(String claims) {
        String signed = encoded("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + '.' + encoded(claims);
        return signed + '.' + mac("HS256", signed, SECRET);
    }

    private static String mac(String algorithm, String signed, String secret) {
        String name = algorithm.replace("HS", "HmacSHA");
        try {
            Mac mac = Mac.getInstance(name);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), name));
            return encoded(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String encoded(String text) {
        return encoded(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static void refused(TestExchange exchange, String body) {
        assertThat(exchange.status()).isEqualTo(401);
        assertThat(exchange.text()).isEqualTo(body);
        assertThat(exchange.header("WWW-Authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
        assertThat(exchange.header("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(exchange.upstreamRequests()).isEmpty();
    }
}
