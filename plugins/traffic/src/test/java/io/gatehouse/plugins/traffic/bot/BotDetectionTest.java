package io.gatehouse.plugins.traffic.bot;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BotDetectionTest {
    private static final String FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_5) AppleWebKit/537.36 (KHTML, like Gecko)"
                        + " Chrome/50.0.2661.102 Safari/537.36",
                "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
                "curl/7.43.0",
                "HelloWorld",
                "my robot",
                "CUBOT ECHO",
                "",
            })
    void letsBrowsersAndToolsIn(String agent) {
        try (PluginTester tester = tester("")) {
            assertThat(tester.get("/").header("User-Agent", agent).send().status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Googlebot/2.1 (+http://www.google.com/bot.html)",
                FACEBOOK,
                "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
                "Mozilla/5.0 (compatible; Baiduspider/2.0)",
                "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
                "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; MSIECrawler)",
                "SomeCrawler",
                "Bloglovin/1.0 (http://www.bloglovin.com; 1 subscribers)",
                "WebCrunch/2.1",
                "MyBot/1.0",
                "MyBot 1.0",
                "Mozilla/5.0 (compatible) PTST/190628.140653",
                "Boto3/1.9",
                "aws-sdk-java/2.31 md/io",
                "Go-http-client/1.1",
                "okhttp/4.9",
                "Python-urllib/3.11",
                "Pingdom.com_bot_version_1.4",
                "WordPress/6.2; https://blog.test",
                "Zao/0.1",
                "  Twitterbot/1.0  ",
                "Xerka WebBot",
                "AdsBot-Google (+http://www.google.com/adsbot.html)",
            })
    void keepsBotsOut(String agent) {
        try (PluginTester tester = tester("")) {
            for (int i = 0; i < 2; i++) {
                TestExchange exchange =
                        tester.get("/").header("User-Agent", agent).send();

                assertThat(exchange.status()).isEqualTo(403);
                assertThat(exchange.message()).isEqualTo("Forbidden");
                assertThat(exchange.upstreamRequests()).isEmpty();
            }
        }
    }

    @Test
    void followsItsLists() {
        try (PluginTester tester =
                tester("{allow: [facebookexternalhit, '^Good'], deny: [HelloWorld, '^Good(bye)?$']}")) {
            assertThat(tester.config())
                    .isEqualTo(new BotDetectionConfig(
                            List.of("facebookexternalhit", "^Good"), List.of("HelloWorld", "^Good(bye)?$")));
            assertThat(tester.get("/").header("User-Agent", FACEBOOK).send().status())
                    .isEqualTo(200);
            assertThat(tester.get("/").header("User-Agent", "Goodbye").send().status())
                    .isEqualTo(200);
            assertThat(tester.get("/")
                            .header("User-Agent", "a HelloWorld")
                            .send()
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void readsAnAgentInUtf8() {
        try (PluginTester tester = tester("deny: ['^B\u00fcro']")) {
            assertThat(tester.get("/")
                            .header("User-Agent", "B\u00c3\u00bcro")
                            .send()
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void takesNoneForNobodyAndTwoForABadRequest() {
        try (PluginTester tester = tester("")) {
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            TestExchange two = tester.get("/")
                    .header("User-Agent", "a")
                    .header("User-Agent", "b")
                    .send();

            assertThat(two.status()).isEqualTo(400);
            assertThat(two.message()).isEqualTo("Only one User-Agent header allowed");
        }
    }

    @Test
    void refusesWhatIsNoExpression() {
        try (PluginTester tester = tester("{allow: ['(a'], deny: [a, '(?=b)']}")) {
            assertThat(tester.problems())
                    .hasSize(2)
                    .anyMatch(text -> text.startsWith("allow[0]: not a regex: (a"))
                    .anyMatch(text -> text.startsWith("deny[1]: not a regex: (?=b)"));
        }
    }

    @Test
    void isNotHeldUpByAnAgentMadeForIt() {
        try (PluginTester tester = tester("deny: ['(a+)+$']")) {
            String hostile = "a".repeat(20_000) + "!";

            assertThat(tester.get("/").header("User-Agent", hostile).send().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void forgetsVerdictsInsteadOfKeepingAllAndStaysRight() {
        try (PluginTester tester = tester("")) {
            for (int i = 0; i < BotDetection.MAX_VERDICTS + 10; i++) {
                assertThat(tester.get("/")
                                .header("User-Agent", "client " + i)
                                .send()
                                .status())
                        .isEqualTo(200);
            }
            assertThat(tester.get("/").header("User-Agent", "MyBot/1").send().status())
                    .isEqualTo(403);
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new BotDetectionFactory(), yaml);
    }
}
