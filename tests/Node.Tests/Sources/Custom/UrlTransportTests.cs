using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Node.Sources.Custom;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Sources.Custom;

public sealed class UrlTransportTests : IAsyncLifetime
{
    private static readonly CheckSubject Subject = new("q1", ClientAddress.Parse("192.0.2.1"), "default");

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<UrlTransport> _log = new();
    private readonly WebApplication _server;
    private Func<HttpContext, Task> _respond = context => context.Response.WriteAsync("""{"action":"pass"}""");
    private Uri _url = null!;
    private UrlTransport _transport = null!;

    public UrlTransportTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(context => _respond(context));
    }

    public async Task InitializeAsync()
    {
        await _server.StartAsync();
        _url = new Uri(_server.Urls.Single() + "/check?token=secret");
        _transport = new UrlTransport("reputation", _url, _time, _log);
    }

    public async Task DisposeAsync()
    {
        _transport.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Question_and_answer_are_json()
    {
        var body = "";
        _respond = async context =>
        {
            var json = await new StreamReader(context.Request.Body).ReadToEndAsync();
            body = $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {json}";
            await context.Response.WriteAsync("""{"action":"pass","ttl":600,"score":-2,"reason":"seen\nbefore","more":[1]}""");
        };

        var reply = await Ask(Subject with { Local = ClientAddress.Parse("192.0.2.25"), Helo = "h.example" }).Within("the answer");

        Assert.Equal(new CustomReply(VerdictAction.Pass, 600, -2, "seen?before"), reply);
        Assert.Equal(
            ("POST /check application/json {'query_id':'q1','client':'192.0.2.1','local':'192.0.2.25',"
                + "'profile':'default','helo':'h.example','sender':null}").Replace('\'', '"'),
            body);
    }

    [Theory]
    [InlineData("""{"action":"drop"}""", VerdictAction.Drop, null)]
    [InlineData("""{"action":"drop","ttl":0}""", VerdictAction.Drop, null)]
    [InlineData("""{"action":"pass","ttl":null,"score":null,"reason":null}""", VerdictAction.Pass, null)]
    [InlineData("""{"action":"pass","ttl":2147483647}""", VerdictAction.Pass, 2147483647)]
    public async Task Answers_are_read(string json, VerdictAction action, int? ttl)
    {
        _respond = context => context.Response.WriteAsync(json);

        var reply = await Ask(Subject).Within("the answer");

        Assert.Equal((action, ttl), (reply.Action, reply.TtlSeconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("pass")]
    [InlineData("""{"action":"PASS"}""")]
    [InlineData("""{"action":"permit"}""")]
    [InlineData("""{"action":1}""")]
    [InlineData("""{"action":"pass","ttl":"600"}""")]
    [InlineData("""{"action":"pass","ttl":1.5}""")]
    [InlineData("""{"action":"pass","ttl":0}""")]
    [InlineData("""{"action":"pass","ttl":2147483648}""")]
    [InlineData("""{"action":"pass","ttl":99999999999999999999}""")]
    [InlineData("""{"action":"pass","score":1000001}""")]
    [InlineData("""{"action":"pass","action":"drop"}""")]
    [InlineData("""{"action":"pass"} more""")]
    public async Task What_was_not_agreed_on_is_a_bad_answer(string json)
    {
        _respond = context => context.Response.WriteAsync(json);

        await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Subject));
    }

    [Theory]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Other_status_than_success_is_a_bad_answer_and_redirects_are_not_followed(int status)
    {
        var requests = 0;
        _respond = context =>
        {
            requests++;
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return context.Response.WriteAsync("""{"action":"pass"}""");
        };

        var error = await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Subject));

        Assert.Contains(status.ToString(), error.Message);
        Assert.DoesNotContain("secret", error.Message);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Endless_answer_is_refused()
    {
        _respond = async context =>
        {
            var piece = new byte[4096];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
        };

        var error = await SourceAssert.FailsAsync(CheckFailure.BadAnswer, Ask(Subject));
        Assert.Contains("16384 bytes", error.Message);
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout_before_and_behind_the_headers()
    {
        var asked = new TaskCompletionSource();
        _respond = context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await EndsAtTheTimeoutAsync();

        asked = new TaskCompletionSource();
        _respond = async context =>
        {
            await context.Response.WriteAsync("""{"action":""");
            await context.Response.Body.FlushAsync();
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await EndsAtTheTimeoutAsync();

        async Task EndsAtTheTimeoutAsync()
        {
            var question = _transport.AskAsync(Subject, TimeSpan.FromMilliseconds(300), default);
            await asked.Task.Within("the question");
            _time.Advance(TimeSpan.FromMilliseconds(300));
            await SourceAssert.FailsAsync(CheckFailure.Timeout, question);
        }
    }

    [Fact]
    public async Task Cancelled_question_ends_as_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        _respond = async context =>
        {
            cancellation.Cancel();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _transport.AskAsync(Subject, Waiting.Limit, cancellation.Token).Within("the cancelled question"));
    }

    [Fact]
    public async Task Dead_server_is_unreachable_and_logged_once()
    {
        await _server.StopAsync();
        for (var i = 0; i < 3; i++)
            await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));

        Assert.Contains("Connection refused", Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task Server_that_speaks_something_else_is_a_failure()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var transport = new UrlTransport("reputation", new Uri($"http://{listener.LocalEndPoint}/"), _time, _log);
        var asked = transport.AskAsync(Subject, Waiting.Limit, default);
        using var connection = await listener.AcceptAsync();
        await connection.SendAsync("220 mail.example ESMTP\r\n"u8.ToArray());

        await SourceAssert.FailsAsync(CheckFailure.BadAnswer, asked);
    }

    [Fact]
    public async Task Dispose_ends_what_is_asked()
    {
        var arrived = new TaskCompletionSource();
        _respond = context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var asked = Ask(Subject);
        await arrived.Task.Within("the question");

        _transport.Dispose();

        await SourceAssert.FailsAsync(CheckFailure.Unreachable, asked);
        await SourceAssert.FailsAsync(CheckFailure.Unreachable, Ask(Subject));
    }

    private Task<CustomReply> Ask(CheckSubject subject) => _transport.AskAsync(subject, Waiting.Limit, default);
}
