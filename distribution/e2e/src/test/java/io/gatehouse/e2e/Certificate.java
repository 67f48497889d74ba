package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for {@code localhost} that signs itself, made by the JDK's keytool.
 *
 * @param certificate the PEM file with the certificate
 * @param key the PEM file with its key
 * @param trusted what a client needs to trust it, and a server to show it
 */
record Certificate(Path certificate, Path key, SSLContext trusted) {
    private static final String PASSWORD = "changeit";

    static Certificate selfSigned(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        return made(folder, "bc=ca:false");
    }

    /** One that may sign others. */
    static Certificate authority(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
        return made(folder, "bc:critical=ca:true");
    }

    private static Certificate made(Path folder, String constraints)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve("store.p12");
        Workplace.Ran ran = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                Workplace.SOON,
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "one",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-ext",
                constraints,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore trustedOnes = KeyStore.getInstance("PKCS12");
        trustedOnes.load(null, null);
        trustedOnes.setCertificateEntry("one", keys.getCertificate("one"));
        trust.init(trustedOnes);
        SSLContext trusted = SSLContext.getInstance("TLS");
        KeyManagerFactory shown = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        shown.init(keys, PASSWORD.toCharArray());
        trusted.init(shown.getKeyManagers(), trust.getTrustManagers(), null);
        return new Certificate(
                pem(folder, "CERTIFICATE", keys.getCertificate("one").getEncoded()),
                pem(
                        folder,
                        "PRIVATE KEY",
                        keys.getKey("one", PASSWORD.toCharArray()).getEncoded()),
                trusted);
    }

    private static Path pem(Path folder, String what, byte[] der) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return Workplace.write(
                folder.resolve(what.replace(' ', '-') + ".pem"),
                "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }
}
