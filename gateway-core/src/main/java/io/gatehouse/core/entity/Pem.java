package io.gatehouse.core.entity;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads certificates and keys. Whatever is wrong yields null: what a key says must not get into a message. */
public final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final byte[] RSA = {6, 9, 42, (byte) 134, 72, (byte) 134, (byte) 247, 13, 1, 1, 1, 5, 0};
    private static final byte[] EC = {6, 7, 42, (byte) 134, 72, (byte) 206, 61, 2, 1};
    private static final byte[] VERSION_0 = {2, 1, 0};

    private Pem() {}

    private static byte @Nullable [] block(String text, String type) {
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if (block.group(1).equals(type)) {
                try {
                    return Base64.getMimeDecoder().decode(block.group(2));
                } catch (IllegalArgumentException malformed) {
                    return null;
                }
            }
        }
        return null;
    }

    /** The number of certificates in a text. */
    static int count(String text) {
        int count = 0;
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            count += block.group(1).equals("CERTIFICATE") ? 1 : 0;
        }
        return count;
    }

    /** The first certificate. */
    public static @Nullable X509Certificate certificate(String text) {
        byte[] bytes = block(text, "CERTIFICATE");
        return bytes == null ? null : certificate(bytes);
    }

    /** SHA-256 of a certificate in DER, in hexadecimal digits. */
    static String digest(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException everyJvmHasItAndItWasReadFromDer) {
            throw new IllegalStateException(everyJvmHasItAndItWasReadFromDer);
        }
    }

    /** All certificates in their order; empty when one of them is none. */
    public static List<X509Certificate> certificates(String text) {
        List<X509Certificate> all = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if (block.group(1).equals("CERTIFICATE")) {
                X509Certificate read;
                try {
                    read = certificate(Base64.getMimeDecoder().decode(block.group(2)));
                } catch (IllegalArgumentException malformed) {
                    read = null;
                }
                if (read == null) {
                    return List.of();
                }
                all.add(read);
            }
        }
        return all;
    }

    private static @Nullable X509Certificate certificate(byte[] bytes) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
        } catch (GeneralSecurityException malformed) {
            return null;
        }
    }

    /** The first private key, in any of the three forms without a passphrase. */
    public static @Nullable PrivateKey privateKey(String text) {
        byte[] bytes = block(text, "PRIVATE KEY");
        if (bytes == null) {
            byte[] rsa = block(text, "RSA PRIVATE KEY");
            byte[] ec = rsa == null ? block(text, "EC PRIVATE KEY") : null;
            if (rsa != null) {
                bytes = pkcs8(der(0x30, RSA), rsa);
            } else if (ec != null) {
                byte[] curve = curve(ec);
                bytes = curve == null ? null : pkcs8(der(0x30, EC, curve), ec);
            }
        }
        if (bytes == null) {
            return null;
        }
        PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(bytes);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(key);
            } catch (GeneralSecurityException anotherKind) {
                // the next may fit
            }
        }
        return null;
    }

    /** The first public key, or the one of the first certificate. */
    static @Nullable PublicKey publicKey(String text) {
        byte[] bytes = block(text, "PUBLIC KEY");
        if (bytes == null) {
            byte[] rsa = block(text, "RSA PUBLIC KEY");
            if (rsa == null) {
                X509Certificate certificate = certificate(text);
                return certificate == null ? null : certificate.getPublicKey();
            }
            bytes = der(0x30, der(0x30, RSA), der(3, new byte[1], rsa));
        }
        X509EncodedKeySpec key = new X509EncodedKeySpec(bytes);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(key);
            } catch (GeneralSecurityException anotherKind) {
                // the next may fit
            }
        }
        return null;
    }

    /** Whether what the private key signs is good for the public one. */
    static boolean matches(PublicKey publicKey, PrivateKey privateKey) {
        String algorithm = switch (privateKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> privateKey.getAlgorithm();
        };
        byte[] text = "gatehouse".getBytes(StandardCharsets.UTF_8);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException anotherKind) {
            return false;
        }
    }

    /** PKCS#8 around the older forms. */
    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return der(0x30, VERSION_0, algorithm, der(4, key));
    }

    /** The curve that a key in the older form of EC names in its part [0]. */
    private static byte @Nullable [] curve(byte[] key) {
        for (int i = 0; i + 3 < key.length; i++) {
            boolean parameters = (key[i] & 255) == 0xa0 && key[i + 2] == 6 && key[i + 1] == key[i + 3] + 2;
            if (parameters && i + 2 + key[i + 1] <= key.length) {
                return Arrays.copyOfRange(key, i + 2, i + 2 + key[i + 1]);
            }
        }
        return null;
    }

    /** A value in DER: a tag, the length, the parts of the content. */
    static byte[] der(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
        out.write(tag);
        if (length > 0xff) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length > 0x7f) {
            out.write(0x81);
        }
        out.write(length);
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
