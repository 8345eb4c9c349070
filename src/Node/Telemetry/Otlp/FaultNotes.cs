using System.Globalization;
using Screening.Node.Platform;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>
/// Notes in the lane what came of a request: the library says only that it failed, and an operator must know whether the collector is away,
/// slow, or wants another token.
/// </summary>
internal sealed class FaultNotes(ExportLane lane) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Noted(base.Send(request, cancellationToken));
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            lane.Reason = SystemError.Words(fault);
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Noted(await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            lane.Reason = SystemError.Words(fault);
            throw;
        }
    }

    // The status of gRPC follows in a trailer, which the library reads.
    private HttpResponseMessage Noted(HttpResponseMessage response)
    {
        lane.Reason = response.IsSuccessStatusCode
            ? "its answer is a fault"
            : string.Create(CultureInfo.InvariantCulture, $"HTTP status {(int)response.StatusCode}");
        return response;
    }
}
