package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VaultReferenceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{vault://env/my-secret}            | env   | my-secret | ''   | 1",
                "{vault://env/my-secret/key}        | env   | my-secret | key  | 1",
                "{vault://my-fs/a/b/c}              | my-fs | a/b       | c    | 1",
                "{vault://my-fs/a/b/}               | my-fs | a/b       | ''   | 1",
                "{vault://my-fs/a%2Fb}              | my-fs | a/b       | ''   | 1",
                "{vault://env/a%20b/%7Bk%7D}        | env   | a b       | {k}  | 1",
                "{vault://env/a+b}                  | env   | a+b       | ''   | 1",
                "{vault://env/s#2}                  | env   | s         | ''   | 2",
                "{vault://env/s/k?prefix=x#12}      | env   | s         | k    | 12",
                "{vault://env/s#}                   | env   | s         | ''   | 1",
            })
    void isTakenApart(String text, String vault, String resource, String key, int version) {
        VaultReference reference = VaultReference.parse(text);

        assertThat(reference.vault()).isEqualTo(vault);
        assertThat(reference.resource()).isEqualTo(resource);
        assertThat(reference.key()).isEqualTo(key);
        assertThat(reference.version()).isEqualTo(version);
    }

    @Test
    void optionsAreDecoded() {
        assertThat(VaultReference.parse("{vault://env/s?prefix=a%2Db&ttl=5&on}").options())
                .isEqualTo(Map.of("prefix", "a-b", "ttl", "5", "on", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{vault://}",
                "{vault:///x}",
                "{vault://env}",
                "{vault://env/}",
                "{vault://env//k}",
                "{vault://env/x#two}",
                "{vault://env/x#0}",
                "{vault://env/x#9999999999}",
                "{vault://env/%zz}",
                "{vault://env/%FF}",
                "{vault://env/%e}",
                "plain",
            })
    void isRefused(String text) {
        assertThatThrownBy(() -> VaultReference.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer {vault://env/x}", "{vault://env/x} ", "{vault://env/x", "${vault://env/x}", ""})
    void aReferenceInsideOtherTextIsData(String text) {
        assertThat(VaultReference.isReference(text)).isFalse();
    }
}
