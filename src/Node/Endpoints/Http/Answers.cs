using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace Screening.Node.Endpoints.Http;

/// <summary>How the HTTP door answers: JSON, or RFC 9457 problem details.</summary>
internal static class Answers
{
    public static async Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        write(json);
        await json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <param name="errors">Everything that is wrong, where there may be more than one thing.</param>
    public static Task ProblemAsync(HttpContext context, int status, string title, string detail, IReadOnlyList<string>? errors = null)
    {
        var problem = new ProblemDetails { Status = status, Title = title, Detail = detail };
        if (errors is not null)
            problem.Extensions["errors"] = errors;
        return Results.Problem(problem).ExecuteAsync(context);
    }

    public static Task BadRequestAsync(HttpContext context, string detail, IReadOnlyList<string>? errors = null) =>
        ProblemAsync(context, StatusCodes.Status400BadRequest, "Bad request", detail, errors);
}
