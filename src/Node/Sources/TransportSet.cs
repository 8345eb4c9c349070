using Screening.Actors.Checks;
using Screening.Node.Configuration;

namespace Screening.Node.Sources;

/// <summary>
/// The transports in use. The same settings always give the same transport, so that a reload keeps connections and programs that did not
/// change.
/// </summary>
internal sealed class TransportSet : IAsyncDisposable
{
    public IDnsTransport Dns => throw new NotSupportedException();

    public IP0fTransport P0f(string socket) => throw new NotSupportedException(socket);

    public ICustomTransport Custom(CustomOptions custom) => throw new NotSupportedException(custom.Name);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
