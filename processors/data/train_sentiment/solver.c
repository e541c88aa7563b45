/* One pass of dual coordinate ascent over all rows, for up to five logistic regressions of three labels at once.

   Source: Shalev-Shwartz, Zhang 2013, "Stochastic Dual Coordinate Ascent Methods for Regularized Loss Minimization",
   JMLR 14; each of a row's dual values moves towards the slope of its loss, by a step that cannot overshoot.
   The sixteenth value of a column is never used: a column's values fill one line of the cache. */
#include <math.h>
#include <stdint.h>

enum { PROBLEMS = 5, LABELS = 3, WIDTH = 16 };

/* order: rows to visit. starts, columns, values: the rows, compressed. squares: each row's squared length.
   goals: rows x LABELS, 0 to 1. costs: rows x PROBLEMS, 0 where a row is left out.
   duals: rows x WIDTH, weights: columns x WIDTH; both are brought on. */
void one_pass(int64_t count, const int64_t *order, const int64_t *starts, const int32_t *columns, const float *values,
              const float *squares, const float *goals, const float *costs, float *duals, float *weights)
{
    for (int64_t place = 0; place < count; place++) {
        const int64_t row = order[place];
        const float *cost = costs + PROBLEMS * row, *goal = goals + LABELS * row;
        float *dual = duals + WIDTH * row;
        float score[WIDTH] = {0}, move[WIDTH] = {0};
        for (int64_t at = starts[row]; at < starts[row + 1]; at++) {
            const float *weight = weights + (int64_t)WIDTH * columns[at];
            for (int k = 0; k < WIDTH; k++)
                score[k] += values[at] * weight[k];
        }
        for (int problem = 0; problem < PROBLEMS; problem++) {
            const float step = 1 / (1 + cost[problem] * squares[row] / 4);
            for (int label = 0; label < LABELS && cost[problem] > 0; label++) {
                const int k = LABELS * problem + label;
                const float wrong = goal[label] - 1 / (1 + expf(-score[k]));
                move[k] = step * (cost[problem] * wrong - dual[k]);
                dual[k] += move[k];
            }
        }
        for (int64_t at = starts[row]; at < starts[row + 1]; at++) {
            float *weight = weights + (int64_t)WIDTH * columns[at];
            for (int k = 0; k < WIDTH; k++)
                weight[k] += values[at] * move[k];
        }
    }
}
