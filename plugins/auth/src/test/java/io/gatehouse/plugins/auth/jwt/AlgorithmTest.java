package io.gatehouse.plugins.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AlgorithmTest {
    @ParameterizedTest
    @CsvSource({"2048, false", "4096, false", "4097, true", "16384, true"})
    void longRsaKeysAreSlow(int bits, boolean slow) throws Exception {
        BigInteger modulus = BigInteger.ONE.setBit(bits - 1);
        PublicKey key =
                KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(65_537)));

        assertThat(Algorithm.isSlow(key)).isEqualTo(slow);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ed25519", "Ed448"})
    void edwardsCurvesAreSlow(String name) throws Exception {
        assertThat(Algorithm.isSlow(
                        KeyPairGenerator.getInstance(name).generateKeyPair().getPublic()))
                .isTrue();
    }

    @Test
    void otherCurvesAreSlow() throws Exception {
        assertThat(Algorithm.isSlow(
                        KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic()))
                .isTrue();
    }
}
