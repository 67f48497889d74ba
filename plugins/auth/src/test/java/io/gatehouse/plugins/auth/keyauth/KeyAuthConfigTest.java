package io.gatehouse.plugins.auth.keyauth;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyAuthConfigTest {
    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(bound(""))
                .isEqualTo(new KeyAuthConfig(List.of("apikey"), true, true, false, true, null, true, null));
    }

    @Test
    void mapsEveryField() {
        assertThat(bound("""
                                key_names: [a, b-c]
                                key_in_header: false
                                key_in_query: false
                                key_in_body: true
                                hide_credentials: false
                                anonymous: guest
                                run_on_preflight: false
                                realm: desk
                                """))
                .isEqualTo(new KeyAuthConfig(List.of("a", "b-c"), false, false, true, false, "guest", false, "desk"));
    }

    @Test
    void refusesWhatIsNotBuiltByName() {
        assertThat(problems("identity_realms: [{scope: cp}]")).isEmpty(); // what holds without it
        assertThat(problems("identity_realms: [{scope: realm, id: 0dc6f45b-8f8d-40d2-a504-473544ee190b, region: us}]"))
                .singleElement()
                .asString()
                .contains("identity_realms");
        assertThat(problems("principals: {enabled: true}"))
                .singleElement()
                .asString()
                .contains("principals");
    }

    @Test
    void refusesBadNamesAndRealms() {
        assertThat(problems("key_names: []")).singleElement().asString().contains("key_names");
        assertThat(problems("key_names: [\"a b\"]")).singleElement().asString().contains("key_names");
        assertThat(problems("realm: \"a\\nb\"")).singleElement().asString().startsWith("realm:");
    }

    private static List<String> problems(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new KeyAuthFactory(), yaml)) {
            return tester.problems();
        }
    }

    private static Object bound(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new KeyAuthFactory(), yaml)) {
            assertThat(tester.problems()).isEmpty();
            return tester.config();
        }
    }
}
