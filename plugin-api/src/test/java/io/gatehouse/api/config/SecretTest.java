package io.gatehouse.api.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SecretTest {
    @Test
    void literalsAreEqualByValue() {
        assertThat(Secret.literal("a")).isEqualTo(Secret.literal("a")).hasSameHashCodeAs(Secret.literal("a"));
        assertThat(Secret.literal("a")).isNotEqualTo(Secret.literal("b"));
    }

    @Test
    void referencesAreEqualByReferenceAndReadTheCurrentValue() {
        AtomicReference<String> vault = new AtomicReference<>("old");
        Secret secret = Secret.reference("{vault://env/x}", vault::get);
        Secret rotated = Secret.reference("{vault://env/x}", () -> "other");

        vault.set("new");

        assertThat(secret.value()).isEqualTo("new");
        assertThat(secret).isEqualTo(rotated).hasSameHashCodeAs(rotated);
        assertThat(secret).isNotEqualTo(Secret.reference("{vault://env/y}", vault::get));
        assertThat(secret).isNotEqualTo(Secret.literal("new"));
    }

    @Test
    void neverShowsItsValue() {
        assertThat(Secret.literal("s3cret")).hasToString("Secret[***]");
        assertThat(Secret.reference("{vault://env/x}", () -> "s3cret")).hasToString("Secret[{vault://env/x}]");
    }
}
