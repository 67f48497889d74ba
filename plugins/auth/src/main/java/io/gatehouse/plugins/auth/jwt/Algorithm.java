package io.gatehouse.plugins.auth.jwt;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** The algorithms of tokens (RFC 7518, RFC 8037). There is no {@code none}. */
enum Algorithm {
    HS256("HmacSHA256"),
    HS384("HmacSHA384"),
    HS512("HmacSHA512"),
    RS256("SHA256withRSA"),
    RS384("SHA384withRSA"),
    RS512("SHA512withRSA"),
    ES256("SHA256withECDSAinP1363Format", 256),
    ES384("SHA384withECDSAinP1363Format", 384),
    ES512("SHA512withECDSAinP1363Format", 521),
    PS256("SHA-256", "RSASSA-PSS", 32),
    PS384("SHA-384", "RSASSA-PSS", 48),
    PS512("SHA-512", "RSASSA-PSS", 64),
    EdDSA("EdDSA");

    private static final int MAX_FAST_BITS = 4096;
    private static final Map<String, Algorithm> BY_NAME = new HashMap<>();

    static {
        for (Algorithm algorithm : values()) {
            BY_NAME.put(algorithm.name(), algorithm);
        }
    }

    private final String jdkName;
    private final int curveBits;
    private final @Nullable String digest;
    private final int saltBytes;

    Algorithm(String jdkName) {
        this(jdkName, 0, null, 0);
    }

    Algorithm(String jdkName, int curveBits) {
        this(jdkName, curveBits, null, 0);
    }

    /** One with a salt as long as the digest. */
    Algorithm(String digest, String jdkName, int saltBytes) {
        this(jdkName, 0, digest, saltBytes);
    }

    Algorithm(String jdkName, int curveBits, @Nullable String digest, int saltBytes) {
        this.jdkName = jdkName;
        this.curveBits = curveBits;
        this.digest = digest;
        this.saltBytes = saltBytes;
    }

    /** The algorithm of this name; null for none of these. */
    static @Nullable Algorithm of(@Nullable String name) {
        return name == null ? null : BY_NAME.get(name);
    }

    /** Whether it signs with a secret, not with a pair of keys. */
    boolean isSymmetric() {
        return this == HS256 || this == HS384 || this == HS512;
    }

    /** Whether a key is of the kind, and on the curve, that this algorithm signs with. */
    boolean takes(PublicKey key) {
        if (curveBits > 0) {
            return key instanceof ECPublicKey point
                    && point.getParams().getCurve().getField().getFieldSize() == curveBits;
        }
        return this == EdDSA ? key instanceof EdECPublicKey : !isSymmetric() && key instanceof RSAPublicKey;
    }

    /**
     * Whether a signature takes so long to check that others would wait: on the JDKs of today a millisecond and more on
     * curves, 0.04 ms with RSA keys of 2048 bits, 0.12 ms with 4096.
     */
    static boolean isSlow(PublicKey key) {
        return !(key instanceof RSAPublicKey rsa) || rsa.getModulus().bitLength() > MAX_FAST_BITS;
    }

    /** Whether the signature is that of the secret. Takes the same time for every wrong one. */
    boolean verifies(byte[] signed, byte[] signature, byte[] secret) {
        try {
            Mac mac = Mac.getInstance(jdkName);
            mac.init(new SecretKeySpec(secret, jdkName));
            return MessageDigest.isEqual(signature, mac.doFinal(signed));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has these
        }
    }

    /** Whether the signature was made with the other half of the key. */
    boolean verifies(byte[] signed, byte[] signature, PublicKey key) {
        if (key instanceof EdECPublicKey edwards && signature.length != signatureBytes(edwards)) {
            return false; // the JDK takes some that are cut for whole
        }
        try {
            Signature verifier = Signature.getInstance(jdkName);
            if (digest != null) {
                verifier.setParameter(
                        new PSSParameterSpec(digest, "MGF1", new MGF1ParameterSpec(digest), saltBytes, 1));
            }
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (SignatureException | InvalidKeyException wrongForm) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has these
        }
    }

    private static int signatureBytes(EdECPublicKey key) {
        return key.getParams().getName().equals("Ed25519") ? 64 : 114;
    }
}
