package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.core.Settings;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC's own client and server, with the gateway between them. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("AddressSelection") // an address is an address
class GrpcIT {
    private static final Metadata.Key<String> ASKED = Metadata.Key.of("x-asked", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> VIA = Metadata.Key.of("via", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> SUM = Metadata.Key.of("x-sum", Metadata.ASCII_STRING_MARSHALLER);
    private static final MethodDescriptor<String, String> UNARY = method("Unary", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> FAIL = method("Fail", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> SILENT = method("Silent", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> GATHER =
            method("Gather", MethodDescriptor.MethodType.CLIENT_STREAMING);
    private static final MethodDescriptor<String, String> COUNT =
            method("Count", MethodDescriptor.MethodType.SERVER_STREAMING);
    private static final MethodDescriptor<String, String> TALK =
            method("Talk", MethodDescriptor.MethodType.BIDI_STREAMING);

    @RegisterExtension
    final Rig rig = new Rig();

    @TempDir
    Path folder;

    private final AtomicInteger silent = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();
    private Server server;
    private ManagedChannel channel;

    /** Strings as they are: nothing has to be generated. */
    private enum Text implements MethodDescriptor.Marshaller<String> {
        PLAIN;

        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder(Text.PLAIN, Text.PLAIN)
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("pets.Pets", name))
                .build();
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("pets.Pets")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall((asked, answer) -> {
                    answer.onNext("got " + asked);
                    answer.onCompleted();
                }))
                .addMethod(FAIL, ServerCalls.asyncUnaryCall((asked, answer) -> {
                    Metadata trailers = new Metadata();
                    trailers.put(SUM, asked);
                    answer.onError(Status.NOT_FOUND
                            .withDescription("no such pet: " + asked)
                            .asRuntimeException(trailers));
                }))
                .addMethod(SILENT, ServerCalls.asyncUnaryCall((asked, answer) -> {
                    ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelled::incrementAndGet);
                    silent.incrementAndGet();
                }))
                .addMethod(COUNT, ServerCalls.asyncServerStreamingCall((asked, answer) -> {
                    for (int i = 0; i < Integer.parseInt(asked); i++) {
                        answer.onNext("" + i);
                    }
                    answer.onCompleted();
                }))
                .addMethod(
                        GATHER,
                        ServerCalls.asyncClientStreamingCall(
                                (StreamObserver<String> answer) -> new StreamObserver<String>() {
                                    private int count;
                                    private int bytes;

                                    @Override
                                    public void onNext(String piece) {
                                        count++;
                                        bytes += piece.length();
                                    }

                                    @Override
                                    public void onError(Throwable e) {
                                        cancelled.incrementAndGet();
                                    }

                                    @Override
                                    public void onCompleted() {
                                        answer.onNext(count + " of " + bytes);
                                        answer.onCompleted();
                                    }
                                }))
                .addMethod(
                        TALK,
                        ServerCalls.asyncBidiStreamingCall((StreamObserver<String> answer) ->
                                new StreamObserver<String>() {
                                    @Override
                                    public void onNext(String piece) {
                                        if (piece.equals("enough")) {
                                            answer.onCompleted(); // before the client has ended
                                        } else {
                                            answer.onNext("re: " + piece);
                                        }
                                    }

                                    @Override
                                    public void onError(Throwable e) {
                                        cancelled.incrementAndGet();
                                    }

                                    @Override
                                    public void onCompleted() {
                                        answer.onNext("bye");
                                        answer.onCompleted();
                                    }
                                }))
                .build();
    }

    private static X509Bundle certificate() throws Exception {
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    /** A call's deadline as the service sees it, and the client's metadata. */
    private final AtomicReference<String> timeout = new AtomicReference<>();

    private void start(boolean tls, String plugins) throws Exception {
        X509Bundle certificate = certificate();
        Path cert = Files.writeString(folder.resolve("cert.pem"), certificate.getCertificatePEM());
        Path key = Files.writeString(folder.resolve("key.pem"), certificate.getPrivateKeyPEM());
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new java.net.InetSocketAddress("127.0.0.1", 0))
                .addService(service())
                .intercept(new ServerInterceptor() {
                    @Override
                    public <A, B> ServerCall.Listener<A> interceptCall(
                            ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
                        timeout.set(headers.get(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER)));
                        Metadata answered = new Metadata();
                        if (headers.containsKey(ASKED)) {
                            answered.put(ASKED, headers.get(ASKED));
                        }
                        return next.startCall(
                                new io.grpc.ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                                    @Override
                                    public void sendHeaders(Metadata own) {
                                        own.merge(answered);
                                        super.sendHeaders(own);
                                    }
                                },
                                headers);
                    }
                });
        if (tls) {
            builder.useTransportSecurity(cert.toFile(), key.toFile());
        }
        server = builder.build().start();
        rig.start(
                "",
                rig.settings()
                        .proxyListen(List.of(new Settings.Listen("127.0.0.1", 0, tls, false, -1).withHttp2()))
                        .ssl(tls ? cert : null, tls ? key : null));
        rig.write("""
                _format_version: "3.0"
                ca_certificates: [{id: 00000000-0000-4000-8000-000000000002, cert: %s}]
                services:
                  - name: pets
                    url: %s
                    retries: 0
                    %s
                    routes: [{name: pets, protocols: [%s], paths: [/pets.Pets/], strip_path: false}]
                plugins: [%s]
                """.formatted(
                        new com.fasterxml.jackson.databind.node.TextNode(certificate.getCertificatePEM()),
                        (tls ? "grpcs://localhost:" : "grpc://127.0.0.1:") + server.getPort(),
                        tls ? "ca_certificates: [00000000-0000-4000-8000-000000000002]" : "",
                        tls ? "grpcs" : "grpc",
                        plugins));
        assertThat(rig.gateway.reload()).isEmpty();
        NettyChannelBuilder client = tls
                ? NettyChannelBuilder.forAddress("localhost", rig.gateway.proxyTlsPort())
                        .sslContext(trusting(cert))
                : NettyChannelBuilder.forAddress("127.0.0.1", rig.gateway.proxyPort())
                        .usePlaintext();
        channel = client.disableRetry().build();
    }

    private static SslContext trusting(Path cert) throws IOException {
        return GrpcSslContexts.forClient().trustManager(cert.toFile()).build();
    }

    @AfterEach
    void stop() throws Exception {
        if (channel != null) {
            channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
        }
        if (server != null) {
            server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
        }
    }

    private static CallOptions soon() {
        return CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    /** What a client hears of a stream. */
    private static final class Heard implements StreamObserver<String> {
        final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

        @Override
        public void onNext(String message) {
            messages.add(message);
        }

        @Override
        public void onError(Throwable e) {
            messages.add("error " + Status.fromThrowable(e).getCode());
        }

        @Override
        public void onCompleted() {
            messages.add("end");
        }

        String next() throws InterruptedException {
            return String.valueOf(messages.poll(60, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allKindsOfCallsPass(boolean tls) throws Exception {
        start(tls, "");
        Metadata asked = new Metadata();
        asked.put(ASKED, "me");
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        Channel tagged = io.grpc.ClientInterceptors.intercept(
                channel,
                MetadataUtils.newAttachHeadersInterceptor(asked),
                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
        assertThat(ClientCalls.blockingUnaryCall(tagged, UNARY, soon(), "a")).isEqualTo("got a");
        assertThat(headers.get().get(ASKED)).isEqualTo("me");
        assertThat(headers.get().get(VIA)).startsWith("2 gatehouse/");
        assertThat(timeout.get()).isNotNull();

        Iterator<String> counted = ClientCalls.blockingServerStreamingCall(channel, COUNT, soon(), "1000");
        List<String> all = new ArrayList<>();
        counted.forEachRemaining(all::add);
        assertThat(all).hasSize(1000).endsWith("999");

        Heard heard = new Heard();
        StreamObserver<String> gather = ClientCalls.asyncClientStreamingCall(channel.newCall(GATHER, soon()), heard);
        for (int i = 0; i < 100; i++) {
            gather.onNext("x".repeat(10_000));
        }
        gather.onCompleted();
        assertThat(heard.next()).isEqualTo("100 of 1000000");
        assertThat(heard.next()).isEqualTo("end");

        Heard talked = new Heard();
        StreamObserver<String> talk = ClientCalls.asyncBidiStreamingCall(channel.newCall(TALK, soon()), talked);
        for (int i = 0; i < 5; i++) {
            talk.onNext("" + i);
            assertThat(talked.next()).isEqualTo("re: " + i);
        }
        talk.onCompleted();
        assertThat(talked.next()).isEqualTo("bye");
        assertThat(talked.next()).isEqualTo("end");
    }

    @Test
    void aServiceMayEndACallBeforeItsClientDoes() throws Exception {
        start(false, "");
        Heard talked = new Heard();
        StreamObserver<String> talk = ClientCalls.asyncBidiStreamingCall(channel.newCall(TALK, soon()), talked);
        talk.onNext("one");
        assertThat(talked.next()).isEqualTo("re: one");
        talk.onNext("enough");
        assertThat(talked.next()).isEqualTo("end");
    }

    @Test
    void aFailureComesWithAllThatTheServiceSaid() throws Exception {
        start(false, "");
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, FAIL, soon(), "rex"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                    assertThat(e.getStatus().getDescription()).isEqualTo("no such pet: rex");
                    assertThat(e.getTrailers().get(SUM)).isEqualTo("rex");
                });
    }

    @Test
    void cancellingAndDeadlinesReachTheService() throws Exception {
        start(false, "");
        Heard heard = new Heard();
        io.grpc.ClientCall<String, String> call = channel.newCall(SILENT, soon());
        ClientCalls.asyncUnaryCall(call, "a", heard);
        Rig.await(() -> silent.get() == 1, () -> "not under way");
        call.cancel("enough", null);
        Rig.await(() -> cancelled.get() == 1, () -> "the service was not told");

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel, SILENT, CallOptions.DEFAULT.withDeadlineAfter(4, TimeUnit.SECONDS), "a"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        Rig.await(() -> cancelled.get() == 2, () -> "the service was not told of the deadline");
    }

    @Test
    void whatTheGatewayHasToSayIsSaidInGrpc() throws Exception {
        start(false, "");
        assertThat(code(method("Nope", MethodDescriptor.MethodType.UNARY))).isEqualTo(Status.Code.UNIMPLEMENTED);
        MethodDescriptor<String, String> elsewhere = MethodDescriptor.<String, String>newBuilder(Text.PLAIN, Text.PLAIN)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("cars.Cars/Get")
                .build();
        assertThat(code(elsewhere)).isEqualTo(Status.Code.NOT_FOUND);
        server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
        assertThat(code(UNARY)).isEqualTo(Status.Code.UNAVAILABLE);
    }

    private Status.Code code(MethodDescriptor<String, String> method) {
        try {
            ClientCalls.blockingUnaryCall(channel, method, soon(), "a");
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }
}
