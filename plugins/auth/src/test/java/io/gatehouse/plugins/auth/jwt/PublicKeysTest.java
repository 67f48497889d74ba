package io.gatehouse.plugins.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicKeysTest {
    private final PublicKeys keys = new PublicKeys();

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048})
    void readsBothFormsOfRsaKeysOfEverySize(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        PublicKey key = generator.generateKeyPair().getPublic();

        assertThat(keys.of(pem("PUBLIC KEY", key.getEncoded()))).isEqualTo(key);
        assertThat(keys.of(pem("RSA PUBLIC KEY", older(key.getEncoded())))).isEqualTo(key);
    }

    @Test
    void parsesATextOnce() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        String pem = pem("PUBLIC KEY", generator.generateKeyPair().getPublic().getEncoded());

        assertThat(keys.of(pem)).isNotNull().isSameAs(keys.of(pem));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "MCow",
                "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----",
                "-----BEGIN PUBLIC KEY-----\n=\n-----END PUBLIC KEY-----",
                "-----BEGIN RSA PUBLIC KEY-----\nMCow\n-----END RSA PUBLIC KEY-----",
                "-----BEGIN CERTIFICATE-----\nMCow\n-----END CERTIFICATE-----",
                "-----BEGIN PRIVATE KEY-----\nMCow\n-----END PRIVATE KEY-----",
            })
    void knowsWhatIsNoKey(String text) {
        assertThat(keys.of(text)).isNull();
    }

    /** The older form stands in the newer one, behind 05 00 03, a length and a zero. */
    private static byte[] older(byte[] newer) {
        int at = 0;
        while (newer[at] != 5 || newer[at + 1] != 0 || newer[at + 2] != 3) {
            at++;
        }
        int length = newer[at + 3] & 0xff;
        return Arrays.copyOfRange(newer, at + 5 + (length > 0x7f ? length & 0x7f : 0), newer.length);
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + type
                + "-----\n";
    }
}
