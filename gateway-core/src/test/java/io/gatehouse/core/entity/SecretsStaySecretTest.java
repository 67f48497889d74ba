package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.KeyAuthLike;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsStaySecretTest {
    private static final String SECRET = "s3cret";

    @TempDir
    Path folder;

    /** The value of a variable at every field where it can only be wrong. */
    @Test
    void noMessageShowsWhatAVariableHolds() {
        String fields = """
                  services:
                    - {name: "@ @", host: "@ @", port: "@", path: "@", protocol: "@", tags: ["@,"], enabled: "@"}
                    - {name: "@", host: h, url: "@"}
                    - {name: "@", host: h, id: "@"}
                  routes:
                    - {name: r, methods: ["@"], hosts: ["@ x"], paths: ["@"], headers: {x: "@"}, service: "@"}
                    - {paths: ["~/(@"], path_handling: "@", https_redirect_status_code: "@", strip_path: "@"}
                  consumers:
                    - {username: "@", custom_id: "@", keyauth_credentials: [{key: "@"}, {key: "@"}]}
                    - {username: "@", keyauth_credentials: "@"}
                  plugins:
                    - {name: "@", instance_name: "@ @", route: "@", protocols: ["@"]}
                    - {name: key-auth, config: "@"}
                    - {name: key-auth, config: {key_names: ["@ @"], hide_credentials: "@", anonymous: ["@"]}}
                """;
        Loading printed = new Loading(folder.resolve("1"))
                .file("f.yaml", "variables: {x: {value: $KEY}}\nentities:\n" + fields.replace("@", "${x}"))
                .with("KEY", SECRET)
                .options(LoadOptions.defaults().withPlugins(java.util.Set.of("key-auth")));
        Loading deck = new Loading(folder.resolve("2"))
                .file(
                        "f.yaml",
                        "_format_version: \"3.0\"\n"
                                + fields.replace("\n  ", "\n").substring(2).replace("@", "${{ env \"DECK_KEY\" }}"))
                .with("DECK_KEY", SECRET)
                .options(LoadOptions.defaults().withPlugins(java.util.Set.of("key-auth")));

        for (Loading loading : List.of(printed, deck)) {
            LoadResult result = loading.load();
            List<Problem> problems = new ArrayList<>(result.problems());
            for (PluginEntity plugin : result.config().plugins()) {
                result.config().binder().bind(plugin.config(), KeyAuthLike.class, problems::add);
            }
            assertThat(problems).hasSizeGreaterThan(25);
            assertThat(problems.toString()).doesNotContain(SECRET);
        }
    }
}
