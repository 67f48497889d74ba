package io.gatehouse.plugins.auth.jwt;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Public keys by their PEM text, parsed once. A text always means the same key, so a reload makes nothing stale; only
 * texts of a configuration come in, so no client can fill it.
 */
final class PublicKeys {
    private static final int MAX_KEPT = 10_000;
    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final String[] KINDS = {"RSA", "EC", "EdDSA", "RSASSA-PSS"};

    /** The name of RSA, as the newer form has it before the key. */
    private static final byte[] RSA = {0x30, 13, 6, 9, 42, (byte) 134, 72, (byte) 134, (byte) 247, 13, 1, 1, 1, 5, 0};

    private final Map<String, PublicKey> parsed = new ConcurrentHashMap<>();

    /** The key in this text; null when there is none. */
    @Nullable
    PublicKey of(String pem) {
        PublicKey key = parsed.get(pem);
        if (key == null) {
            key = parse(pem);
            if (key != null) {
                if (parsed.size() >= MAX_KEPT) {
                    parsed.clear(); // left behind by many reloads
                }
                parsed.put(pem, key);
            }
        }
        return key;
    }

    private static @Nullable PublicKey parse(String pem) {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            return null;
        }
        byte[] bytes;
        try {
            bytes = Base64.getMimeDecoder().decode(block.group(2));
        } catch (IllegalArgumentException malformed) {
            return null;
        }
        switch (block.group(1)) {
            case "CERTIFICATE" -> {
                try {
                    return CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(bytes))
                            .getPublicKey();
                } catch (GeneralSecurityException malformed) {
                    return null;
                }
            }
            case "RSA PUBLIC KEY" -> bytes = info(bytes);
            default -> {
                // a PUBLIC KEY is what the JDK reads
            }
        }
        X509EncodedKeySpec spec = new X509EncodedKeySpec(bytes);
        for (String kind : KINDS) {
            try {
                return KeyFactory.getInstance(kind).generatePublic(spec);
            } catch (GeneralSecurityException anotherKind) {
                // the next may fit
            }
        }
        return null;
    }

    /** The newer form around the older one of RSA keys. */
    private static byte[] info(byte[] rsa) {
        return der(0x30, RSA, der(3, new byte[1], rsa));
    }

    private static byte[] der(int tag, byte[] first, byte[] second) {
        int length = first.length + second.length;
        ByteArrayOutputStream out = new ByteArrayOutputStream(4 + length);
        out.write(tag);
        if (length > 0xff) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length > 0x7f) {
            out.write(0x81);
        }
        out.write(length);
        out.writeBytes(first);
        out.writeBytes(second);
        return out.toByteArray();
    }
}
