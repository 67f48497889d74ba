package io.gatehouse.core.entity;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * A certificate that nobody vouches for, for TLS listeners that were given none, as Kong makes one: of {@code localhost},
 * with a key on the curve P-256. The JDK can sign but has nothing that writes a certificate, so its few fields are put
 * together here as RFC 5280 has them.
 */
final class SelfSigned {
    private static final Duration VALID = Duration.ofDays(365 * 20L); // as Kong's
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int UTF8_STRING = 0x0c;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int VERSION = 0xa0;
    private static final int EXTENSIONS = 0xa3;
    private static final int DNS_NAME = 0x82;

    private static final byte[] ECDSA_WITH_SHA256 = {0x06, 8, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 4, 3, 2};
    private static final byte[] COMMON_NAME = {0x06, 3, 0x55, 4, 3};
    private static final byte[] ALTERNATIVE_NAME = {0x06, 3, 0x55, 0x1d, 0x11};

    private SelfSigned() {}

    static ServerCertificate made(Instant now) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] localhost = "localhost".getBytes(StandardCharsets.US_ASCII);
            byte[] algorithm = Pem.der(SEQUENCE, ECDSA_WITH_SHA256);
            byte[] name =
                    Pem.der(SEQUENCE, Pem.der(SET, Pem.der(SEQUENCE, COMMON_NAME, Pem.der(UTF8_STRING, localhost))));
            byte[] names = Pem.der(OCTET_STRING, Pem.der(SEQUENCE, Pem.der(DNS_NAME, localhost)));
            byte[] signed = Pem.der(
                    SEQUENCE,
                    Pem.der(VERSION, Pem.der(INTEGER, new byte[] {2})),
                    Pem.der(
                            INTEGER,
                            new BigInteger(64, new SecureRandom()).setBit(62).toByteArray()),
                    algorithm,
                    name,
                    Pem.der(SEQUENCE, time(now), time(now.plus(VALID))),
                    name,
                    pair.getPublic().getEncoded(),
                    Pem.der(EXTENSIONS, Pem.der(SEQUENCE, Pem.der(SEQUENCE, ALTERNATIVE_NAME, names))));
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(signed);
            byte[] whole = Pem.der(SEQUENCE, signed, algorithm, Pem.der(BIT_STRING, new byte[] {0}, signature.sign()));
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
            return new ServerCertificate(List.of(certificate), pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no elliptic curves", e);
        }
    }

    private static byte[] time(Instant when) {
        return Pem.der(GENERALIZED_TIME, TIME.format(when).getBytes(StandardCharsets.US_ASCII));
    }
}
